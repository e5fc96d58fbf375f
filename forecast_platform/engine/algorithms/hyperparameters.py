"""The hyperparameters that TrainingParameters may set and HPO may tune, algorithm by algorithm.

Belongs here: their names, types, defaults and ranges as the service documents them, and reading them. Does not belong
here: what an algorithm does with them. Nothing heavy is imported: params.json is checked with this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from forecast_platform.errors import InputError, Problem


@dataclass(frozen=True)
class Hyperparameter:
    """One of them.

    Attributes:
        name: As in ``TrainingParameters``.
        default: Its type is the type of every value; ``None`` = an integer whose default depends on the data.
        low, high: Least and greatest number, both included.
        choices: Texts that are allowed, in any case.
        tuned: What HPO tries when nothing else is asked for: the least and the greatest number, or texts; ``None`` =
            it is not tuned.
        logarithmic: HPO samples it on a logarithmic scale.
    """

    name: str
    default: int | float | bool | str | None
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    tuned: tuple[float, float] | tuple[str, ...] | None = None
    logarithmic: bool = False

    @property
    def expected(self) -> str:
        """For people: what is allowed."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        if isinstance(self.default, bool):
            return "true or false"
        kind = "a number" if isinstance(self.default, float) else "a whole number"
        return f"{kind} from {self.low:g} to {self.high:g}" if self.low is not None else kind

    def read(self, written: str) -> Any:
        """The value of a text in ``TrainingParameters``.

        Raises:
            ValueError: It is not :attr:`expected`.
        """
        text = written.strip()
        if self.choices:
            return {choice.lower(): choice for choice in self.choices}.get(text.lower()) or _refuse(self, written)
        if isinstance(self.default, bool):
            return {"true": True, "false": False, "1": True, "0": False}[text.lower()]
        number = float(text) if isinstance(self.default, float) else int(text)
        if self.low is not None and self.high is not None and not self.low <= number <= self.high:
            _refuse(self, written)
        return number


def _refuse(parameter: Hyperparameter, written: str) -> Any:
    raise ValueError(f"{written!r} is not {parameter.expected}")


DEEP_AR_LIKELIHOODS = (
    "beta",
    "deterministic-L1",
    "gaussian",
    "negative-binomial",
    "piecewise-linear",
    "student-T",
)

CNN_QR_RELATED = ("ALL", "NONE", "HISTORICAL", "FORWARD_LOOKING")

HYPERPARAMETERS: dict[str, tuple[Hyperparameter, ...]] = {
    "NPTS": (
        Hyperparameter("context_length", None, low=1, high=100_000),
        Hyperparameter("kernel_type", "exponential", choices=("exponential", "uniform")),
        Hyperparameter("exp_kernel_weights", 0.01, low=1e-6, high=1000.0),
        Hyperparameter("use_seasonal_model", True),
        Hyperparameter("use_default_time_features", True),
    ),
    # Amazon Forecast developer guide, "DeepAR+ Algorithm". context_length defaults to twice the horizon.
    "Deep_AR_Plus": (
        Hyperparameter("context_length", None, low=1, high=10_000, tuned=(1, 200), logarithmic=True),
        Hyperparameter("epochs", 500, low=1, high=100_000),
        Hyperparameter("learning_rate", 0.001, low=1e-6, high=1.0, tuned=(1e-4, 0.1), logarithmic=True),
        Hyperparameter("learning_rate_decay", 0.5, low=1e-6, high=1.0),
        Hyperparameter("likelihood", "student-T", choices=DEEP_AR_LIKELIHOODS),
        Hyperparameter("max_learning_rate_decays", 0, low=0, high=100),
        Hyperparameter("num_averaged_models", 1, low=1, high=100),
        Hyperparameter("num_cells", 40, low=1, high=1000, tuned=(30, 100)),
        Hyperparameter("num_layers", 2, low=1, high=20, tuned=(1, 4)),
    ),
    # The same, "CNN-QR Algorithm"; HPO tries its data with and without related series and item metadata.
    # context_length defaults to two horizons, or a season and a horizon.
    "CNN-QR": (
        Hyperparameter("context_length", None, low=10, high=500, tuned=(10, 500), logarithmic=True),
        Hyperparameter("epochs", 100, low=1, high=100_000),
        Hyperparameter("use_related_data", "ALL", choices=CNN_QR_RELATED, tuned=CNN_QR_RELATED),
        Hyperparameter("use_item_metadata", "ALL", choices=("ALL", "NONE"), tuned=("ALL", "NONE")),
    ),
    # LightGBM's own names and meanings; defaults and ranges from trials on hourly to yearly panels.
    "GBM": (
        Hyperparameter("num_iterations", 150, low=1, high=10_000, tuned=(50, 400), logarithmic=True),
        Hyperparameter("learning_rate", 0.05, low=1e-4, high=1.0, tuned=(0.02, 0.2), logarithmic=True),
        Hyperparameter("num_leaves", 31, low=2, high=4096, tuned=(7, 127), logarithmic=True),
        Hyperparameter("min_data_in_leaf", 50, low=1, high=100_000, tuned=(10, 300), logarithmic=True),
        Hyperparameter("feature_fraction", 0.7, low=0.05, high=1.0, tuned=(0.3, 1.0)),
        Hyperparameter("lambda_l2", 1.0, low=0.0, high=10_000.0),
    ),
}
"""Algorithm -> its hyperparameters. One that is not here has none."""


def read_hyperparameters(algorithm: str, written: Mapping[str, str]) -> dict[str, Any]:
    """The values of ``TrainingParameters``, with the defaults of those that are not written.

    Raises:
        InputError: All names and values that are wrong.
    """
    known = {parameter.name: parameter for parameter in HYPERPARAMETERS.get(algorithm, ())}
    values = {name: parameter.default for name, parameter in known.items()}
    problems = []
    for name, text in written.items():
        where = f"params.json: $.Predictor.TrainingParameters.{name}"
        if name not in known:
            has = ", ".join(known) or "none"
            problems.append(Problem(where, f"'{name}'", f"a hyperparameter of {algorithm} ({has})", "Remove it."))
            continue
        try:
            values[name] = known[name].read(text)
        except (ValueError, KeyError):
            problems.append(Problem(where, f'"{text}"', known[name].expected))
    if problems:
        raise InputError(f"The hyperparameters of {algorithm} cannot be used.", problems)
    return values
