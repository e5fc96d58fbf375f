"""Finding the weights of pretrained models on disk.

Belongs here: where they may lie and whether they can be used. Does not belong here: running or downloading them.
"""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path


def find_chronos_weights(folder: Path | None) -> Path | None:
    """The folder with the weights of Chronos-2: ``folder`` itself or one directly in it.

    ``None`` when no folder is given, when none holds them, or when the extra ``chronos`` is not installed: then the
    model is no candidate, which is no error.
    """
    if folder is None or not folder.is_dir() or find_spec("chronos") is None:
        return None
    inside = sorted(path for path in folder.iterdir() if path.is_dir())
    return next((path for path in [folder, *inside] if _holds_chronos(path)), None)


def _holds_chronos(folder: Path) -> bool:
    described = folder / "config.json"
    if not described.is_file() or not any(folder.glob("*.safetensors")):
        return False
    try:
        config = json.loads(described.read_text(encoding="utf-8"))
    except ValueError:
        return False
    return isinstance(config, dict) and config.get("chronos_pipeline_class") == "Chronos2Pipeline"
