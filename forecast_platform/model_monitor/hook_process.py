"""Runs a person's script in a process of its own; started by ``hook_script``, never imported.

Belongs here: what happens inside that process. It must not import anything of ours, so that it starts fast and the
script finds its own modules. Does not belong here: what its answers mean.

Arguments: ``preprocess`` or ``postprocess``, the path of the script, and the descriptor to which answers are written.
Standard input has one JSON text a line: a capture record as the object that it is, a line of CSV as text. For each,
one line is written to the descriptor: ``{"rows": [...]}`` or ``{"error": text, "line": number}``; or once ``{"fatal":
text, "line": number}`` when the script cannot be used.
"""

from __future__ import annotations

import importlib.util
import inspect
import json
import logging
import os
import re
import sys
import traceback
from collections.abc import Callable
from types import ModuleType
from typing import Any


class Fields(dict[str, Any]):
    """A JSON object whose keys are attributes too, ``endpointInput`` also as ``endpoint_input``; absent = ``None``."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        camel = re.sub(r"_([a-z])", lambda found: found[1].upper(), name)
        # Scripts written for SageMaker's container ask for custom_attribute, as its documentation has it.
        names = (name, camel, f"{camel}s") if camel == "customAttribute" else (name, camel)
        return next((self[key] for key in names if key in self), None)


class InferenceRecord(Fields):
    """A capture record as scripts for SageMaker's container know it."""

    def __getattr__(self, name: str) -> Any:
        captured = self.get("captureData") or Fields()
        if name in ("event_data", "capture_data"):
            return captured
        if name == "ground_truth":
            return self.get("groundTruthData") or Fields()
        if name in ("endpoint_input", "endpoint_output", "batch_transform_output"):
            return getattr(captured, name) or Fields()
        if name in ("event_metadata", "eventMetadata"):
            return self.get("eventMetadata") or Fields()
        return super().__getattr__(name)


def main() -> None:
    """Run the script as the arguments say."""
    kind, path, descriptor = sys.argv[1], sys.argv[2], int(sys.argv[3])
    logging.basicConfig(stream=sys.stderr, level=logging.INFO)
    sys.path.insert(0, os.path.dirname(path))  # noqa: PTH120 (pathlib would slow the start)
    try:
        handler = _handler(_load(path), f"{kind}_handler")
        if kind == "postprocess":
            handler()
            return
    except BaseException as error:
        _answer(descriptor, {"fatal": _described(error), "line": _line(error, path)})
        return
    takes_logger = len(inspect.signature(handler).parameters) > 1
    arguments = [logging.getLogger("preprocessor")] if takes_logger else []
    for line in sys.stdin.buffer:
        _answer(descriptor, _rows(handler, line, arguments, path))


def _load(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location("hook_script", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file: its name has to end with .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["hook_script"] = module
    spec.loader.exec_module(module)
    return module


def _handler(module: ModuleType, name: str) -> Callable[..., Any]:
    handler = getattr(module, name, None)
    if not callable(handler):
        raise AttributeError(f"there is no function {name}")
    function: Callable[..., Any] = handler
    return function


def _rows(handler: Callable[..., Any], line: bytes, arguments: list[Any], path: str) -> dict[str, Any]:
    # SystemExit and the like are the script's as well; only a crash ends this process.
    try:
        record = json.loads(line, object_hook=Fields)
        returned = handler(InferenceRecord(record) if isinstance(record, dict) else record, *arguments)
        rows = [returned] if isinstance(returned, dict) else returned
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise TypeError(f"it returned {returned!r:.80}; expected a dict, a list of dicts, or [] to drop the record")
        return {"rows": json.loads(json.dumps(rows, default=_plain))}
    except BaseException as error:
        return {"error": _described(error), "line": _line(error, path)}


def _plain(value: Any) -> Any:
    """A number or array of NumPy as Python's own."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"a value of type {type(value).__name__} is neither number nor text")


def _described(error: BaseException) -> str:
    return "".join(traceback.format_exception_only(error)).strip()


def _line(error: BaseException, path: str) -> int | None:
    if isinstance(error, SyntaxError) and error.filename == path:
        return error.lineno
    return next(
        (frame.lineno for frame in reversed(traceback.extract_tb(error.__traceback__)) if frame.filename == path), None
    )


def _answer(descriptor: int, answer: dict[str, Any]) -> None:
    data = f"{json.dumps(answer)}\n".encode()
    while data:
        data = data[os.write(descriptor, data) :]


if __name__ == "__main__":
    main()
