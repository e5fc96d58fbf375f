"""Deep_AR_Plus: the autoregressive recurrent network of DeepAR, from GluonTS.

Belongs here: its network, how it is trained and how it is sampled. Does not belong here: what CNN-QR shares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast_platform.engine.algorithms.blocks import forecast_in_blocks
from forecast_platform.engine.algorithms.contract import LEVELS, Floats, Forecasts, History, Integers
from forecast_platform.engine.algorithms.neural import artefacts, likelihoods
from forecast_platform.engine.algorithms.neural.encoding import Encoded, Encoding, encode, learn_encoding
from forecast_platform.engine.algorithms.neural.preparing import training_data, usable_rows
from forecast_platform.engine.algorithms.neural.runtime import on_device, pick_device, reproducible, require_neural
from forecast_platform.engine.algorithms.neural.training import Schedule, fit, put_weights
from forecast_platform.engine.algorithms.neural.windows import Shape, Windows, cut
from forecast_platform.frequency import Frequency

NAME = "Deep_AR_Plus"
WORK = 3_000_000
"""Periods that may pass through the network in a training."""
_SAMPLES = 100  # paths per series, as many as the service draws
_SERIES_PER_BLOCK = 16
_DROPOUT = 0.1
_PANDAS_UNITS = {"min": "min", "H": "h", "D": "D", "W": "W", "M": "ME", "Y": "YE"}


@dataclass(frozen=True)
class DeepARPlus:
    """DeepAR (Salinas et al. 2017, arXiv:1704.04110) as implemented by GluonTS, under the service's name.

    It uses the calendar, the age of an item, related series that are known ahead and item metadata. A series without
    history is forecast from its categories and the calendar.

    Attributes:
        context_length: Periods that it reads before it forecasts; ``None`` = twice the horizon.
        epochs: At most so many passes over the training data.
        learning_rate: Of Adam.
        learning_rate_decay: Factor of the learning rate when the held-out loss stops improving …
        max_learning_rate_decays: … at most so many times; then training stops.
        likelihood: One of ``DEEP_AR_LIKELIHOODS``.
        num_averaged_models: Weights of how many of the best epochs are averaged.
        num_cells, num_layers: Of the recurrent network.
        seed: On the CPU, same data, hyperparameters and seed give the same bits; on a GPU, nearly the same numbers.
        device: ``cpu``, ``cuda`` or ``auto``: the first GPU if there is one.
        work: Limit of the cost whatever ``epochs`` says, in periods that pass through the network; ``None`` = none.
    """

    context_length: int | None = None
    epochs: int = 500
    learning_rate: float = 0.001
    learning_rate_decay: float = 0.5
    max_learning_rate_decays: int = 0
    likelihood: str = "student-T"
    num_averaged_models: int = 1
    num_cells: int = 40
    num_layers: int = 2
    seed: int = 0
    device: str = "auto"
    work: int | None = WORK

    @property
    def name(self) -> str:
        return NAME

    def train(self, history: History, horizon: int) -> TrainedDeepARPlus:
        """Learn from all rows; the last horizon only tells when to stop.

        Raises:
            MissingExtraError: The extra ``neural`` is not installed.
            InputError: Too few observations, or values outside of the support of the likelihood.
        """
        require_neural(NAME)
        likelihoods.require_support(self.likelihood, history.values)
        encoding = learn_encoding(history, use_ahead=True, use_behind=False, use_attributes=True)
        data = encode(history, horizon, encoding, leave_out_own=True)
        settings = self._settings(history, horizon, data, encoding)
        training = training_data(NAME, data, encoding, settings.shape)
        device = pick_device(self.device)
        schedule = Schedule(
            epochs=self.epochs,
            learning_rate=self.learning_rate,
            decay=self.learning_rate_decay,
            most_decays=self.max_learning_rate_decays,
            averaged=self.num_averaged_models,
            work=self.work,
            seed=self.seed,
        )
        with reproducible(self.seed):
            network = settings.network().to(device)
            weights = fit(network, lambda windows: _loss(network, settings, windows, device), training, schedule)
        return TrainedDeepARPlus(settings, encoding, weights, self.seed, self.device)

    def _settings(self, history: History, horizon: int, data: Encoded, encoding: Encoding) -> Settings:
        return Settings(
            context=self.context_length or 2 * horizon,
            horizon=horizon,
            layers=self.num_layers,
            cells=self.num_cells,
            likelihood=self.likelihood,
            lags=_lags(history),
            inputs=data.calendar.shape[1] + data.ahead.shape[2] + 2,  # and the age, and whether a value is there
            cardinalities=tuple(len(attribute.effects) for attribute in encoding.attributes) or (1,),
        )


@dataclass(frozen=True)
class Settings:
    """What a network is made of, besides its weights.

    Attributes:
        context, horizon, layers, cells: As the hyperparameters.
        likelihood: Likewise.
        lags: How many periods back the values lie that it sees beside the last.
        inputs: Number of inputs that are known ahead.
        cardinalities: Number of codes per attribute.
    """

    context: int
    horizon: int
    layers: int
    cells: int
    likelihood: str
    lags: tuple[int, ...]
    inputs: int
    cardinalities: tuple[int, ...]

    @property
    def shape(self) -> Shape:
        return Shape(self.context + max(self.lags) - 1, self.context, self.horizon)

    def network(self) -> Any:
        """A GluonTS network with random weights."""
        from gluonts.torch.model.deepar.module import DeepARModel

        return DeepARModel(
            freq="D",  # only looked at when no lags are given
            lags_seq=list(self.lags),
            context_length=self.context,
            prediction_length=self.horizon,
            num_feat_dynamic_real=self.inputs,
            num_feat_static_real=1,
            num_feat_static_cat=len(self.cardinalities),
            cardinality=list(self.cardinalities),
            num_layers=self.layers,
            hidden_size=self.cells,
            dropout_rate=_DROPOUT if self.layers > 1 else 0.0,
            distr_output=likelihoods.output_of(self.likelihood),
            scaling=False,  # windows come scaled: GluonTS would scale an item without history by the rest of its batch
        )


@dataclass(frozen=True)
class TrainedDeepARPlus:
    """A trained network. Its distribution is that of 100 sample paths per series; points are medians.

    The likelihood ``deterministic-L1`` gives points only.

    Attributes:
        settings: What the network is made of.
        encoding: How histories are read.
        weights: Name -> array.
        seed: Of the sample paths.
        device: As in :class:`DeepARPlus`.
    """

    settings: Settings
    encoding: Encoding
    weights: dict[str, Any]
    seed: int = 0
    device: str = "auto"
    fits_each_series: bool = False

    @property
    def name(self) -> str:
        return NAME

    def forecast(self, history: History, horizon: int) -> Forecasts:
        """Forecast any series, of any number of periods; NaN where neither history nor a category is known.

        Raises:
            MissingExtraError: The extra ``neural`` is not installed.
            ValueError: A related series or an attribute of the training is missing.
        """
        require_neural(NAME)
        data = encode(history, horizon, self.encoding)
        deterministic = self.settings.likelihood == likelihoods.DETERMINISTIC
        device = pick_device(self.device)
        with reproducible(self.seed):
            network = self.settings.network()
            put_weights(network, self.weights)
            network.to(device)
            paths = 1 if deterministic else _SAMPLES
            sampler = _Sampler(network, self.settings, _probabilities(horizon, paths, self.seed), device)
            forecasts = forecast_in_blocks(
                len(history.values),
                usable_rows(history, data),
                horizon,
                _SERIES_PER_BLOCK,
                lambda rows: sampler.quantiles(self._windows(data, rows)),
            )
        return Forecasts(forecasts.points) if deterministic else forecasts

    def _windows(self, data: Encoded, rows: Integers) -> Windows:
        periods = data.values.shape[1]
        shape = Shape(self.settings.shape.past, self.settings.context, len(data.calendar) - periods)
        moments = np.full(len(rows), periods)
        return cut(data, rows, moments, shape, (self.encoding.level, self.encoding.spread))

    def files(self) -> dict[str, bytes]:
        """The model as JSON and NumPy arrays."""
        described = {"algorithm": NAME, "seed": self.seed, "settings": vars(self.settings)}
        return artefacts.write({**described, "encoding": self.encoding.as_json()}, self.weights)


def load(files: Mapping[str, bytes], device: str = "auto") -> TrainedDeepARPlus:
    """What :meth:`TrainedDeepARPlus.files` wrote; it forecasts the same bits.

    Raises:
        ValueError: The files hold something else.
    """
    described, weights = artefacts.read(files, NAME)
    written = described["settings"]
    tuples = {name: tuple(written[name]) for name in ("lags", "cardinalities")}
    encoding = Encoding.from_json(described["encoding"])
    return TrainedDeepARPlus(Settings(**{**written, **tuples}), encoding, weights, described["seed"], device)


@dataclass(frozen=True)
class _Sampler:
    """Draws paths step by step: each value drawn is an input of the next step.

    Attributes:
        network: With its weights.
        settings: Of the network.
        probabilities: (steps × paths); the same for every series, which are forecast independently anyway.
        device: Where the network is.
    """

    network: Any
    settings: Settings
    probabilities: Floats
    device: Any

    def quantiles(self, windows: Windows) -> Floats:
        """(windows × steps × levels) in the units of the values."""
        import torch

        with torch.no_grad():
            paths = self._paths(windows).cpu().numpy().astype(np.float64)
        values = paths * windows.scale[:, None, None]
        return np.moveaxis(np.quantile(values, LEVELS, axis=2), 0, 2)

    def _paths(self, windows: Windows) -> Any:
        """(windows × steps × paths), scaled."""
        import torch

        steps, paths = self.probabilities.shape
        inputs = _inputs(self.settings, windows, self.device)
        future = inputs.pop("future_target_and_features")[1]
        parameters, _, _, static, state = self.network.unroll_lagged_rnn(**inputs, future_time_feat=future[:, :1])
        parameters = tuple(self._repeat(parameter[:, -1:]) for parameter in parameters)
        state = tuple(part.repeat_interleave(paths, dim=1) for part in state)
        static, future = self._repeat(static), self._repeat(future)
        scale = self._repeat(on_device(windows.scale[:, None], self.device))
        back = max(self.settings.lags)
        known = self._repeat(inputs["past_target"][:, -back:])
        values = torch.cat([known, torch.zeros(len(known), steps, device=self.device)], dim=1)
        lags = torch.tensor(self.settings.lags, device=self.device)
        drawn = on_device(self.probabilities, self.device)
        for step in range(steps):
            if step > 0:
                features = torch.cat([static, future[:, step]], dim=-1)
                given = torch.cat([values[:, back + step - lags], features], dim=-1).unsqueeze(1)
                output, state = self.network.rnn(given, state)
                parameters = self.network.param_proj(output)
            chance = drawn[step].repeat(len(windows)).unsqueeze(1)
            output_kind = self.network.distr_output
            sample = likelihoods.quantiles(self.settings.likelihood, output_kind, parameters, chance, scale)
            values[:, back + step] = sample[:, 0]
        return values[:, back:].reshape(len(windows), paths, steps).transpose(1, 2)

    def _repeat(self, tensor: Any) -> Any:
        return tensor.repeat_interleave(self.probabilities.shape[1], dim=0)


def _lags(history: History) -> tuple[int, ...]:
    """GluonTS's lags of the frequency (the last values, the season of earlier cycles) that the data reaches."""
    longest = max(history.values.shape[1] // 2, 1)
    if history.frequency is None:
        wanted = [*range(1, 8), *history.seasons]
    else:
        from gluonts.time_feature import get_lags_for_frequency

        wanted = get_lags_for_frequency(_pandas_frequency(history.frequency))
    return tuple(sorted({lag for lag in wanted if lag <= longest}))


def _pandas_frequency(frequency: Frequency) -> str:
    return f"{frequency.count}{_PANDAS_UNITS[frequency.unit]}"


def _probabilities(steps: int, paths: int, seed: int) -> Floats:
    """(steps × paths) Latin hypercube: every step draws evenly over its whole distribution, in an order of its own.

    McKay, Beckman, Conover 1979. Quantiles need far fewer paths than with independent draws.
    """
    draw = np.random.default_rng(seed)
    strata = np.array([draw.permutation(paths) for _ in range(steps)])
    return np.clip((strata + draw.random((steps, paths))) / paths, 1e-6, 1 - 1e-6)


def _loss(network: Any, settings: Settings, windows: Windows, device: Any) -> Any:
    """(windows) mean over the observed steps: of the whole window when learning, of the future when evaluating."""
    import torch

    inputs = _inputs(settings, windows, device)
    future_target, future = inputs.pop("future_target_and_features")
    parameters = network.unroll_lagged_rnn(**inputs, future_time_feat=future, future_target=future_target)[0]
    steps = settings.context + settings.horizon - 1 if network.training else settings.horizon
    target = torch.cat([inputs["past_target"], future_target], dim=1)[:, -steps:]
    observed = on_device(windows.observed[:, -steps:], device)
    parameters = tuple(parameter[:, -steps:] for parameter in parameters)
    scale = on_device(windows.scale[:, None], device)
    each = likelihoods.losses(settings.likelihood, network.distr_output, parameters, target, scale)
    return (each * observed).sum(dim=1) / observed.sum(dim=1).clamp_min(1)


def _inputs(settings: Settings, windows: Windows, device: Any) -> dict[str, Any]:
    past = settings.shape.past
    target, ahead = on_device(windows.target, device), on_device(windows.ahead, device)
    return {
        "feat_static_cat": on_device(windows.codes, device),
        "feat_static_real": on_device(windows.log_scale[:, None], device),
        "past_time_feat": ahead[:, :past],
        "past_target": target[:, :past],
        "past_observed_values": on_device(windows.observed[:, :past], device),
        "future_target_and_features": (target[:, past:], ahead[:, past:]),
    }
