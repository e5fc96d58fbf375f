"""What every asset of ours has in common.

Belongs here: the definition of one asset. Does not belong here: which assets there are (the component types).
"""

# No postponed annotations in this file: Dagster takes the annotation of ``context`` as it is.
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import dagster as dg

from forecast_platform import __version__
from forecast_platform.components.engines import storage_kinds
from forecast_platform.components.failures import domain_failures

Body = Callable[[dg.AssetExecutionContext], dg.MaterializeResult[Any]]
Made = Iterator[dg.MaterializeResult[Any]]
UnlessUnderWay = Callable[[dg.AssetExecutionContext, Body], Made]
"""Calls the body and gives what it made; gives nothing when somebody else still works on it."""


def build_asset(
    key: dg.AssetKey,
    body: Body,
    *,
    description: str,
    kinds: AbstractSet[str],
    owners: Sequence[str],
    deps: Sequence[dg.AssetKey] = (),
    partitions_def: dg.PartitionsDefinition[Any] | None = None,
    pool: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    unless_under_way: UnlessUnderWay | None = None,
) -> dg.AssetsDefinition:
    """An asset whose body is ``body``; it is in the group that its key begins with, and fails as the domain fails.

    Args:
        kinds: What it is made of and by whom; where it is kept is added.
        unless_under_way: Around the body of an asset that a run may leave unmade without failing; then nothing that
            depends on it is made in that run.
    """

    def compute(context: dg.AssetExecutionContext) -> Made:
        with domain_failures(context):
            if unless_under_way is not None:
                yield from unless_under_way(context, body)
            else:
                yield body(context)

    compute.__name__ = key.path[-1]
    return dg.asset(
        compute,
        key=key,
        deps=list(deps),
        description=description,
        kinds={*kinds, *storage_kinds()},
        owners=list(owners),
        group_name=key.path[0],
        partitions_def=partitions_def,
        code_version=__version__,
        pool=pool,
        metadata=metadata,
        output_required=unless_under_way is None,
    )
