"""CNN-QR: a causal convolutional encoder and a decoder of quantiles.

Belongs here: its network, how it is trained and how it forecasts. Does not belong here: what Deep_AR_Plus shares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecast_platform.engine.algorithms.blocks import at_levels, forecast_in_blocks
from forecast_platform.engine.algorithms.contract import LEVELS, Floats, Forecasts, History, Integers
from forecast_platform.engine.algorithms.neural import artefacts
from forecast_platform.engine.algorithms.neural.encoding import Encoded, Encoding, encode, learn_encoding
from forecast_platform.engine.algorithms.neural.preparing import training_data, usable_rows
from forecast_platform.engine.algorithms.neural.runtime import on_device, pick_device, reproducible, require_neural
from forecast_platform.engine.algorithms.neural.training import Schedule, fit, put_weights
from forecast_platform.engine.algorithms.neural.windows import Shape, Windows, cut

NAME = "CNN-QR"
WORK = 2_500_000
"""Periods that may pass through the network in a training."""
_SERIES_PER_BLOCK = 64
_CHANNELS = 32
_HIDDEN = 64
_KERNEL = 2
_DROPOUT = 0.1
_LEARNING_RATE = 0.003
_SHORTEST_CONTEXT, _LONGEST_CONTEXT = 10, 500  # the service's range


@dataclass(frozen=True)
class CnnQr:
    """Convolutional sequence-to-quantiles regression, under the service's name.

    Amazon never published its network. This one follows the published MQ-CNN (Wen et al. 2017, arXiv:1711.11053): a
    hierarchy of dilated causal convolutions reads the context, and one decoder, shared by all steps of the horizon,
    gives the quantiles of each step. It is put together from parts of GluonTS: the residual layers of its WaveNet, its
    embedding of categories and its quantile loss. Each step also sees what the encoder made of the same season before
    the moment of the forecast, so that a cycle that fits into the context need not be learned through the whole stack.

    It uses the calendar, the age of an item, related series (those known ahead in encoder and decoder, the others in
    the encoder only) and item metadata. A series without history is forecast from its categories and the calendar.

    Attributes:
        context_length: Periods that it reads, 10 to 500; ``None`` = two horizons, or a season and a horizon.
        epochs: At most so many passes over the training data.
        use_related_data: ``ALL``, ``NONE``, ``HISTORICAL`` (not known ahead) or ``FORWARD_LOOKING`` (known ahead).
        use_item_metadata: ``ALL`` or ``NONE``.
        seed: On the CPU, same data, hyperparameters and seed give the same bits; on a GPU, nearly the same numbers.
        device: ``cpu``, ``cuda`` or ``auto``: the first GPU if there is one.
        work: Limit of the cost whatever ``epochs`` says, in periods that pass through the network; ``None`` = none.
    """

    context_length: int | None = None
    epochs: int = 100
    use_related_data: str = "ALL"
    use_item_metadata: str = "ALL"
    seed: int = 0
    device: str = "auto"
    work: int | None = WORK

    @property
    def name(self) -> str:
        return NAME

    def train(self, history: History, horizon: int) -> TrainedCnnQr:
        """Learn from all rows; the last horizon only tells when to stop.

        Raises:
            MissingExtraError: The extra ``neural`` is not installed.
            InputError: Too few observations.
        """
        require_neural(NAME)
        encoding = learn_encoding(
            history,
            use_ahead=self.use_related_data in ("ALL", "FORWARD_LOOKING"),
            use_behind=self.use_related_data in ("ALL", "HISTORICAL"),
            use_attributes=self.use_item_metadata == "ALL",
        )
        data = encode(history, horizon, encoding, leave_out_own=True)
        settings = self._settings(history, horizon, data, encoding)
        training = training_data(NAME, data, encoding, settings.shape)
        device = pick_device(self.device)
        schedule = Schedule(self.epochs, _LEARNING_RATE, work=self.work, seed=self.seed)
        with reproducible(self.seed):
            network = settings.network().to(device)
            weights = fit(network, lambda windows: _loss(network, settings, windows, device), training, schedule)
        return TrainedCnnQr(settings, encoding, weights, self.device)

    def _settings(self, history: History, horizon: int, data: Encoded, encoding: Encoding) -> Settings:
        context = self.context_length or _default_context(history, horizon)
        return Settings(
            context=context,
            horizon=horizon,
            seasons=tuple(season for season in history.seasons if season <= context),
            levels=tuple(float(level) for level in LEVELS),
            ahead=data.calendar.shape[1] + data.ahead.shape[2] + 2,  # and the age, and whether a value is there
            behind=data.behind.shape[2],
            cardinalities=tuple(len(attribute.effects) for attribute in encoding.attributes) or (1,),
        )


@dataclass(frozen=True)
class Settings:
    """What a network is made of, besides its weights.

    Attributes:
        context, horizon: Periods that it reads and that it forecasts.
        seasons: Lengths of the seasons one of which before each step is shown to the decoder.
        levels: Probabilities of the quantiles.
        ahead, behind: Number of inputs that are known ahead, and of others.
        cardinalities: Number of codes per attribute.
    """

    context: int
    horizon: int
    seasons: tuple[int, ...]
    levels: tuple[float, ...]
    ahead: int
    behind: int
    cardinalities: tuple[int, ...]

    @property
    def shape(self) -> Shape:
        return Shape(self.context, self.context, self.horizon)

    @property
    def dilations(self) -> tuple[int, ...]:
        """Doubling, until the last layer sees the whole context."""
        return tuple(2**layer for layer in range(int(np.ceil(np.log2(self.context)))))

    def network(self) -> Any:
        """Its parts with random weights; :func:`_quantiles` runs them."""
        from gluonts.torch.distributions import QuantileOutput
        from gluonts.torch.model.wavenet.module import CausalDilatedResidualLayer
        from gluonts.torch.modules.feature import FeatureEmbedder
        from torch import nn

        dimensions = [min(50, (codes + 1) // 2) for codes in self.cardinalities]
        static = sum(dimensions) + 1  # and the scale
        decoded = _CHANNELS * (1 + len(self.seasons)) + static + self.ahead + 1  # and how far ahead
        layers = [
            CausalDilatedResidualLayer(_CHANNELS, _CHANNELS, dilation, _KERNEL, return_dense_output=True)
            for dilation in self.dilations
        ]
        return nn.ModuleDict(
            {
                "embedder": FeatureEmbedder(list(self.cardinalities), dimensions),
                "inputs": nn.Conv1d(1 + self.ahead + self.behind, _CHANNELS, kernel_size=1),
                "layers": nn.ModuleList(layers),
                "decoder": nn.Sequential(
                    nn.Linear(decoded, _HIDDEN),
                    nn.ReLU(),
                    nn.Dropout(_DROPOUT),
                    nn.Linear(_HIDDEN, _HIDDEN),
                    nn.ReLU(),
                ),
                "heads": QuantileOutput(list(self.levels)).get_args_proj(_HIDDEN),
            }
        )


@dataclass(frozen=True)
class TrainedCnnQr:
    """A trained network. Its quantiles are sorted, so that they never cross; points are medians, as in the service.

    Attributes:
        settings: What the network is made of.
        encoding: How histories are read.
        weights: Name -> array.
        device: As in :class:`CnnQr`.
    """

    settings: Settings
    encoding: Encoding
    weights: dict[str, Any]
    device: str = "auto"
    fits_each_series: bool = False

    @property
    def name(self) -> str:
        return NAME

    def forecast(self, history: History, horizon: int) -> Forecasts:
        """Forecast any series; NaN where neither history nor a category is known.

        Raises:
            MissingExtraError: The extra ``neural`` is not installed.
            ValueError: The horizon is longer than that of the training, or a related series or an attribute of the
                training is missing.
        """
        if horizon > self.settings.horizon:
            raise ValueError(f"the model was trained to forecast {self.settings.horizon} periods, not {horizon}")
        require_neural(NAME)
        data = encode(history, horizon, self.encoding)
        device = pick_device(self.device)
        with reproducible(0):
            network = self.settings.network()
            put_weights(network, self.weights)
            network.to(device)

            def forecast_rows(rows: Integers) -> Floats:
                return self._forecast_rows(network, data, rows, device)[:, :horizon]

            usable = usable_rows(history, data)
            return forecast_in_blocks(len(history.values), usable, horizon, _SERIES_PER_BLOCK, forecast_rows)

    def _forecast_rows(self, network: Any, data: Encoded, rows: Integers, device: Any) -> Floats:
        """(rows × trained horizon × :data:`LEVELS`) in the units of the values."""
        import torch

        moments = np.full(len(rows), data.values.shape[1])
        windows = cut(data, rows, moments, self.settings.shape, (self.encoding.level, self.encoding.spread))
        with torch.no_grad():
            scaled = _quantiles(network, self.settings, windows, device).cpu().numpy().astype(np.float64)
        values = np.sort(scaled, axis=2) * windows.scale[:, None, None]
        return at_levels(values, np.array(self.settings.levels))

    def files(self) -> dict[str, bytes]:
        """The model as JSON and NumPy arrays."""
        described = {"algorithm": NAME, "settings": vars(self.settings), "encoding": self.encoding.as_json()}
        return artefacts.write(described, self.weights)


def load(files: Mapping[str, bytes], device: str = "auto") -> TrainedCnnQr:
    """What :meth:`TrainedCnnQr.files` wrote; it forecasts the same bits.

    Raises:
        ValueError: The files hold something else.
    """
    described, weights = artefacts.read(files, NAME)
    written = described["settings"]
    tuples = {name: tuple(written[name]) for name in ("seasons", "levels", "cardinalities")}
    return TrainedCnnQr(Settings(**{**written, **tuples}), Encoding.from_json(described["encoding"]), weights, device)


def _default_context(history: History, horizon: int) -> int:
    """Two horizons, or the longest season that fits into the service's range and half of the data, and a horizon."""
    most = max(min(_LONGEST_CONTEXT, history.values.shape[1] // 2), _SHORTEST_CONTEXT)
    seasons = [season + min(horizon, season) for season in history.seasons if season <= most]
    return int(np.clip(max([2 * horizon, *seasons]), _SHORTEST_CONTEXT, most))


def _loss(network: Any, settings: Settings, windows: Windows, device: Any) -> Any:
    """(windows) mean quantile loss over levels and observed steps of the future."""
    from gluonts.torch.distributions import QuantileOutput

    target = on_device(windows.target[:, settings.context :], device)
    observed = on_device(windows.observed[:, settings.context :], device)
    predicted = _quantiles(network, settings, windows, device)
    each = QuantileOutput(list(settings.levels)).loss(target, (predicted,))
    return (each * observed).sum(dim=1) / observed.sum(dim=1).clamp_min(1)


def _quantiles(network: Any, settings: Settings, windows: Windows, device: Any) -> Any:
    """(windows × horizon × levels), scaled, not sorted."""
    import torch

    ahead = on_device(windows.ahead, device)
    past = ahead[:, : settings.context]
    target = on_device(windows.target[:, : settings.context, None], device)
    read = torch.cat([target, past, on_device(windows.behind, device)], dim=2)
    encoded = _encode(network, read.transpose(1, 2)).transpose(1, 2)
    future = ahead[:, settings.context :]
    static = torch.cat(
        [network["embedder"](on_device(windows.codes, device)), on_device(windows.log_scale[:, None], device)], dim=1
    )
    steps = torch.arange(settings.horizon, device=device)
    distance = (steps.float() + 1) / settings.horizon
    parts = [
        encoded[:, -1:].expand(-1, settings.horizon, -1),
        *(encoded[:, settings.context - season + steps % season] for season in settings.seasons),
        static[:, None].expand(-1, settings.horizon, -1),
        future,
        distance[None, :, None].expand(len(windows), -1, 1),
    ]
    return network["heads"](network["decoder"](torch.cat(parts, dim=2)))[0]


def _encode(network: Any, read: Any) -> Any:
    """(windows × channels × context): what the stack has seen up to each period; as WaveNet, the sum of all layers."""
    from torch.nn import functional

    flowing = network["inputs"](read)
    summed = 0.0
    for layer in network["layers"]:
        padded = functional.pad(flowing, ((_KERNEL - 1) * layer.dilation, 0))
        skipped, flowing = layer(padded)
        summed = summed + skipped
    return functional.relu(summed)
