"""The likelihoods of Deep_AR_Plus: GluonTS distributions, with the loss and the quantiles of each.

Belongs here: what differs between likelihoods. Does not belong here: the network whose outputs are their parameters.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from forecast_platform.engine.algorithms.contract import Floats
from forecast_platform.errors import InputError, Problem

DETERMINISTIC = "deterministic-L1"
_PIECES = 10  # of the piecewise-linear quantile function
_INSIDE = 1e-3  # beta gives 0 and 1 themselves no finite likelihood
_SUPPORTS = {
    "negative-binomial": (0.0, np.inf, "whole numbers that are not negative"),
    "beta": (0.0, 1.0, "numbers from 0 to 1"),
}


def require_support(likelihood: str, values: Floats) -> None:
    """Check that ``likelihood`` can produce the values.

    Raises:
        InputError: Some lie outside of its support.
    """
    low, high, expected = _SUPPORTS.get(likelihood, (-np.inf, np.inf, ""))
    outside = values[(values < low) | (values > high)]
    if likelihood == "negative-binomial":
        outside = values[(values < low) | (values % 1 > 0)]
    if len(outside):
        where = "params.json: $.Predictor.TrainingParameters.likelihood"
        found = f"'{likelihood}' with {len(outside)} values such as {outside[0]:g}"
        raise InputError(
            "Deep_AR_Plus cannot be trained with this likelihood.",
            [Problem(where, found, expected, "Choose student-T, gaussian or piecewise-linear.")],
        )


def output_of(likelihood: str) -> Any:
    """The GluonTS output whose parameters the network learns."""
    from gluonts.torch import distributions

    return {
        "student-T": distributions.StudentTOutput,
        "gaussian": distributions.NormalOutput,
        "negative-binomial": distributions.NegativeBinomialOutput,
        "beta": distributions.BetaOutput,
        "piecewise-linear": lambda: distributions.PiecewiseLinearOutput(num_pieces=_PIECES),
        DETERMINISTIC: distributions.LaplaceOutput,
    }[likelihood]()


def losses(likelihood: str, output: Any, parameters: Any, target: Any, scale: Any) -> Any:
    """(windows × steps) what to minimise.

    Args:
        likelihood: Its name.
        output: Its :func:`output_of`.
        parameters: Of its distributions, (windows × steps) each.
        target: (windows × steps) values divided by ``scale``.
        scale: (windows × 1).
    """
    if likelihood == DETERMINISTIC:
        return (target - parameters[0]).abs()
    if likelihood == "piecewise-linear":
        return output.distribution(parameters).crps(target)
    if likelihood == "beta":
        return -output.distribution(parameters).log_prob((target * scale).clamp(_INSIDE, 1 - _INSIDE))
    if likelihood == "negative-binomial":
        # GluonTS scales its parameters instead of its values, which stay whole numbers.
        return -output.distribution(parameters, scale=scale).log_prob((target * scale).round().clamp_min(0))
    return -output.distribution(parameters).log_prob(target)


def quantiles(likelihood: str, output: Any, parameters: Any, probabilities: Any, scale: Any) -> Any:
    """Values divided by ``scale`` that the distributions exceed with ``1 - probabilities``; shapes as parameters.

    Samples are drawn as quantiles of given probabilities, so that the draws of a series depend on no other series.
    """
    import torch

    if likelihood == DETERMINISTIC:
        return parameters[0]
    if likelihood == "piecewise-linear":
        return output.distribution(parameters).quantile(probabilities.unsqueeze(0)).squeeze(0)
    if likelihood == "beta":
        from scipy.special import betaincinv

        first, second = (parameter.cpu().numpy() for parameter in parameters)
        return torch.from_numpy(betaincinv(first, second, probabilities.cpu().numpy())).to(scale) / scale
    if likelihood == "student-T":
        from scipy.special import stdtrit

        freedom, center, spread = parameters
        # GluonTS asks scipy.stats for the same, which makes a documented object each time: a fifth of a forecast.
        standard = stdtrit(freedom.double().cpu().numpy(), probabilities.double().cpu().numpy())
        return center + spread * torch.from_numpy(standard).to(spread)
    if likelihood == "negative-binomial":
        return output.distribution(parameters, scale=scale).icdf(probabilities).to(scale.dtype) / scale
    return output.distribution(parameters).icdf(probabilities)
