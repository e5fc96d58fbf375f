"""What every asset of ours has in common.

Belongs here: the definition of one asset. Does not belong here: which assets there are (the component types).
"""

# No postponed annotations in this file: Dagster takes the annotation of ``context`` as it is.
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import dagster as dg

from forecast_platform import __version__
from forecast_platform.components.failures import domain_failures

Body = Callable[[dg.AssetExecutionContext], dg.MaterializeResult[Any]]


def build_asset(
    key: dg.AssetKey,
    body: Body,
    *,
    description: str,
    kinds: set[str],
    owners: Sequence[str],
    deps: Sequence[dg.AssetKey] = (),
    partitions_def: dg.PartitionsDefinition[Any] | None = None,
    pool: str | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> dg.AssetsDefinition:
    """An asset whose body is ``body``; it is in the group that its key begins with, and fails as the domain fails."""

    def compute(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        with domain_failures(context):
            return body(context)

    compute.__name__ = key.path[-1]
    return dg.asset(
        compute,
        key=key,
        deps=list(deps),
        description=description,
        kinds=kinds,
        owners=list(owners),
        group_name=key.path[0],
        partitions_def=partitions_def,
        code_version=__version__,
        pool=pool,
        metadata=metadata,
    )
