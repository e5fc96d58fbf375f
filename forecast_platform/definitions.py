"""Loads the folder of definitions that the settings name, and nothing else."""

import sys
import warnings
from pathlib import Path
from types import ModuleType

import dagster as dg

from forecast_platform.settings import DEFS, load_settings


@dg.definitions
def defs() -> dg.Definitions:
    """Everything this deployment runs."""
    folder = load_settings().defs
    if folder == DEFS:
        return dg.load_from_defs_folder(path_within_project=Path(__file__).parent)
    return _load_from_elsewhere(folder)


def _load_from_elsewhere(folder: Path) -> dg.Definitions:
    """A folder of definitions that belongs to no Python project, with our console, executor and resources.

    ``load_from_defs_folder`` wants a pyproject.toml around the folder, and a module that can be imported; a user who
    installed this package has neither.
    """
    from forecast_platform.defs.console import console
    from forecast_platform.defs.executor import executor
    from forecast_platform.defs.resources import resources

    ours = [console(), executor(), resources()]
    if not folder.is_dir():
        return dg.Definitions.merge(*ours)
    module = ModuleType("forecast_platform_user_defs")
    module.__file__ = str(folder / "__init__.py")
    module.__path__ = [str(folder)]
    sys.modules[module.__name__] = module
    with warnings.catch_warnings():
        # Code references, which load_from_defs_folder attaches as silently, are beta.
        warnings.simplefilter("ignore", dg.BetaWarning)
        found = dg.ComponentTree.from_module(defs_module=module, project_root=folder.parent).build_defs()
    return dg.Definitions.merge(found, *ours)
