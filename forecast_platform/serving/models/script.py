"""A user's own ``inference.py`` with the functions that SageMaker's containers call.

Belongs here: finding and calling the functions, and defaults for those that are not written. Does not belong here:
sandboxing: it is the user's code on the user's machine.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import sys
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from forecast_platform.errors import InputError, Problem
from forecast_platform.serving import media
from forecast_platform.serving.models.port import Answer
from forecast_platform.serving.refusal import RefusedError

_MODULE = "inference"
_Function = Callable[..., Any]
_log = logging.getLogger(__name__)


class ScriptModel:
    """A model behind ``model_fn``, ``input_fn``, ``predict_fn`` and ``output_fn``, or the first and ``transform_fn``.

    ``model_fn(folder)`` is called once, here. A ``ValueError`` out of ``input_fn`` is the caller's fault (400); every
    other exception is the script's (500, with the traceback in the log). The functions are called from several threads
    at once.

    Args:
        script: The ``inference.py``.
        folder: The folder of the model, which ``model_fn`` gets.

    Raises:
        InputError: The script cannot be imported, has no ``model_fn``, or that fails.
    """

    may_wait = True

    def __init__(self, script: Path, folder: Path) -> None:
        functions = _functions(script)
        if "model_fn" not in functions:
            raise _unusable(script, "no function model_fn", "model_fn(model_dir)", "Let it return the model.")
        try:
            self._model = functions["model_fn"](str(folder))
        except Exception as error:
            _log.exception("model_fn failed")
            raise _unusable(script, f"{type(error).__name__}: {error}", "a model_fn that returns the model") from error
        self._transform = functions.get("transform_fn")
        self._input: _Function = functions.get("input_fn", _default_input)
        self._predict: _Function = functions.get("predict_fn", _default_predict)
        self._output: _Function = functions.get("output_fn", _default_output)

    def answer(self, body: bytes, content_type: str, accept: str) -> Answer:
        """Call the script's functions, one after the other."""
        accept = accept if accept not in ("", "*/*") else media.JSON
        if self._transform:
            return _as_answer(self._transform(self._model, body, content_type, accept), accept)
        try:
            data = self._input(body, content_type)
        except ValueError as error:
            raise RefusedError(HTTPStatus.BAD_REQUEST, str(error) or "input_fn refuses the payload.") from error
        return _as_answer(self._output(self._predict(data, self._model), accept), accept)


def _functions(script: Path) -> Mapping[str, _Function]:
    spec = importlib.util.spec_from_file_location(_MODULE, script)
    if spec is None or spec.loader is None:
        raise _unusable(script, "no Python module", "a file of Python code")
    module = importlib.util.module_from_spec(spec)
    # Scripts import their neighbours, and classes find their module by its name.
    sys.path.insert(0, str(script.parent))
    sys.modules[_MODULE] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        _log.exception("%s cannot be imported", script)
        raise _unusable(script, f"{type(error).__name__}: {error}", "a script that can be imported") from error
    return {name: value for name, value in vars(module).items() if name.endswith("_fn") and callable(value)}


def _default_input(body: bytes, content_type: str) -> Any:
    """CSV as a list of rows of numbers, JSON and JSON lines as they are."""
    kind = media.content_type_of(content_type)
    text = body.decode()
    if kind == media.JSON:
        return json.loads(text)
    lines = [line for line in text.splitlines() if line.strip()]
    if kind == media.JSON_LINES:
        return [json.loads(line) for line in lines]
    return [[float(cell) for cell in line.split(",")] for line in lines]


def _default_predict(data: Any, model: Any) -> Any:
    return model.predict(data)


def _default_output(prediction: Any, accept: str) -> Any:
    """Lists, and what has ``tolist``, in the type that ``accept`` likes."""
    wanted = media.accepted_type(accept, media.JSON)
    plain = prediction.tolist() if hasattr(prediction, "tolist") else prediction
    if wanted == media.JSON:
        return json.dumps(plain), wanted
    entries = plain if isinstance(plain, list) else [plain]
    if wanted == media.JSON_LINES:
        return "".join(f"{json.dumps(entry)}\n" for entry in entries), wanted
    rows = [entry if isinstance(entry, list) else [entry] for entry in entries]
    return "".join(f"{','.join(map(str, row))}\n" for row in rows), wanted


def _as_answer(output: Any, accept: str) -> Answer:
    """What output_fn may return: text, bytes, or either with its content type."""
    body, content_type = output if isinstance(output, tuple) and len(output) == 2 else (output, accept)
    if isinstance(body, str):
        body = body.encode()
    if not isinstance(body, bytes | bytearray):
        raise TypeError(
            f"output_fn returned {type(body).__name__}; expected text or bytes, or a pair with a content type"
        )
    return Answer(bytes(body), str(content_type))


def _unusable(script: Path, found: str, expected: str, advice: str = "") -> InputError:
    return InputError("The model cannot be served.", [Problem(str(script), found, expected, advice)])
