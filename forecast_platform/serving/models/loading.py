"""Which kind of model is in a file or a folder.

Belongs here: recognising formats. Does not belong here: a format of its own.
"""

from __future__ import annotations

from pathlib import Path

from forecast_platform.errors import InputError, Problem
from forecast_platform.serving.models.port import Model, TabularAnswers

_SCRIPTS = ("inference.py", "code/inference.py")
_PICKLES = (".pkl", ".pickle", ".joblib", ".pt", ".pth")
_EXPECTED = "inference.py, a linear model (model.json) or a LightGBM text model (model.txt)"
_PICKLE_ADVICE = (
    "A pickle runs code when it is read and is never loaded. Export the model with "
    "forecast_platform.serving.sklearn_export, or load it in an inference.py of your own."
)


def load_model(path: Path) -> Model:
    """The model at ``path``.

    A folder holds ``inference.py`` or ``code/inference.py``, or else one ``.json`` (linear model) or one ``.txt``
    (LightGBM). A file is one of the latter two.

    Raises:
        InputError: There is no model that can be served.
    """
    if path.is_dir():
        for name in _SCRIPTS:
            if (path / name).is_file():
                from forecast_platform.serving.models.script import ScriptModel

                return ScriptModel(path / name, path)
        return _load_file(_only_model_in(path))
    if not path.exists():
        raise _unusable(path, "nothing", "a file or a folder with a model")
    return _load_file(path)


def _only_model_in(folder: Path) -> Path:
    files = sorted(file for file in folder.iterdir() if file.is_file() and not file.name.startswith("."))
    for suffix in (".json", ".txt"):
        named = folder / f"model{suffix}"
        candidates = [named] if named in files else [file for file in files if file.suffix == suffix]
        if len(candidates) == 1:
            return candidates[0]
    names = ", ".join(file.name for file in files) or "no files"
    pickled = any(file.suffix in _PICKLES for file in files)
    raise _unusable(folder, names, _EXPECTED, _PICKLE_ADVICE if pickled else "")


def _load_file(path: Path) -> Model:
    if path.suffix == ".json":
        from forecast_platform.serving.models.linear_document import read_linear_model

        return TabularAnswers(read_linear_model(path.read_bytes(), str(path)))
    if path.suffix == ".txt":
        from forecast_platform.serving.models.gradient_boosting import LightGbmModel

        return TabularAnswers(LightGbmModel(path))
    advice = _PICKLE_ADVICE if path.suffix in _PICKLES else ""
    raise _unusable(path, f"a file of the type {path.suffix or 'without suffix'}", f"a folder with {_EXPECTED}", advice)


def _unusable(path: Path, found: str, expected: str, advice: str = "") -> InputError:
    return InputError("The model cannot be served.", [Problem(str(path), found, expected, advice)])
