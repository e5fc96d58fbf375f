"""What assets of your own may ask for by name: one set of resources per environment.

Belongs here: which there are. Does not belong here: which engine a setting means (``forecast_platform.platform``).
"""

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any

import dagster as dg

from forecast_platform.platform import Platform
from forecast_platform.settings import load_settings


@dg.definitions
def resources() -> dg.Definitions:
    """The resources of the environment that the settings name.

    Raises:
        InputError: Settings that cannot be used, all of them; so a deployment with a wrong variable does not start.
    """
    settings = load_settings()
    environment = "aws" if settings.aws is not None else "local"
    return dg.Definitions(resources=_BY_ENVIRONMENT[environment](Platform(settings)))


def _local(platform: Platform) -> Mapping[str, Any]:
    return {"platform": platform}


def _aws(platform: Platform) -> Mapping[str, Any]:
    """On AWS also Dagster's own S3 client, where the extra ``deploy`` has brought it."""
    if find_spec("dagster_aws") is None:
        return _local(platform)
    from dagster_aws.s3 import S3Resource

    return {**_local(platform), "s3": S3Resource()}


_BY_ENVIRONMENT: Mapping[str, Callable[[Platform], Mapping[str, Any]]] = {"local": _local, "aws": _aws}
