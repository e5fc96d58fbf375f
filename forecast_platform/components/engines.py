"""What definitions say of the engines they run on: kinds that people see, and pools that keep to an engine's limits.

Belongs here: names by service and environment. Does not belong here: which engine a setting means (``platform``).
"""

from __future__ import annotations

from typing import Literal

from forecast_platform.settings import load_settings

Work = Literal["import", "predictor", "forecast", "explainability", "what_if"]
"""What an asset has its service do. An export is part of a forecast: one asset makes both, one after the other."""


def pool_of(service: str, work: Work) -> str | None:
    """The pool of an asset that has ``service`` do ``work``; ``None`` = as many at once as there are runs.

    Amazon Forecast works on so many jobs of a kind at once (three, unless AWS has raised it), so every kind is a pool
    of its own. The embedded engine takes all cores of this machine for whatever it fits, so that is one pool.
    """
    if service == "local":
        return None if work == "import" else "local_training"
    return f"{service}_{work}"


def service_kinds(service: str, work: Work) -> set[str]:
    """Who makes the asset, and what the service holds it in when that can be said."""
    held = {("local", "import"): {"parquet"}, ("local", "predictor"): {"python"}}
    return {service} | held.get((service, work), set())


def storage_kinds() -> set[str]:
    """Where assets are kept, when that is not this machine."""
    return {"s3"} if load_settings().aws is not None else set()


def tables_kind() -> str:
    """What answers SQL."""
    return "athena" if load_settings().aws is not None else "duckdb"
