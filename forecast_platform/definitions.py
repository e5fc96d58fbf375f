"""Loads ``defs/``, and nothing else."""

from pathlib import Path

import dagster as dg


@dg.definitions
def defs() -> dg.Definitions:
    """Everything this deployment runs."""
    return dg.load_from_defs_folder(path_within_project=Path(__file__).parent)
