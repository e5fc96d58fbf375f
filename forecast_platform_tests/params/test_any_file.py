"""Whatever is done to a valid file, the answer is parameters or an InputError, and nothing else."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from forecast_platform.errors import InputError
from forecast_platform.params import parse_params
from forecast_platform_tests.params.documents import auto, legacy

Path = tuple[str | int, ...]
OTHER_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["D", "H", "0.5", "mean", "value", "", "item_id", "RELATED_TIME_SERIES", "CUSTOM"]),
    st.just([]),
    st.just({}),
    st.just([None]),
    st.just([[1]]),
    st.just({"Name": {}}),
)


def _places(value: Any, path: Path = ()) -> Iterator[Path]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, entry in children:
        yield (*path, key)
        yield from _places(entry, (*path, key))


@st.composite
def spoilt_documents(draw: st.DrawFn) -> Any:
    document = copy.deepcopy(draw(st.sampled_from([legacy(), auto()])))
    for _ in range(draw(st.integers(1, 4))):
        places = list(_places(document))
        if not places:
            break
        *parents, key = draw(st.sampled_from(places))
        parent: Any = document
        for step in parents:
            parent = parent[step]
        how = draw(st.sampled_from(["delete", "misspell", "replace", "repeat"]))
        if how == "delete":
            del parent[key]
        elif how == "misspell" and isinstance(key, str):
            parent[draw(st.sampled_from([key[1:], key.lower(), f"{key}s"]))] = parent.pop(key)
        elif how == "repeat" and isinstance(key, int):
            parent.append(copy.deepcopy(parent[key]))
        else:
            # A copy, because what is drawn is drawn again, and a later step may change it.
            parent[key] = copy.deepcopy(draw(OTHER_VALUES))
    return document


def _refusal(data: str | bytes) -> InputError | None:
    try:
        parse_params(data)
    except InputError as error:
        return error
    return None


@settings(max_examples=400, deadline=None)
@given(spoilt_documents())
def test_a_spoilt_document_raises_nothing_but_input_errors(document: Any) -> None:
    refusal = _refusal(json.dumps(document))

    assert refusal is None or (refusal.problems and str(refusal).encode())


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_file_that_was_cut_or_overwritten_raises_nothing_but_input_errors(data: st.DataObject) -> None:
    written = json.dumps(legacy()).encode()
    start = data.draw(st.integers(0, len(written)))
    end = data.draw(st.integers(start, len(written)))

    refusal = _refusal(written[:start] + data.draw(st.binary(max_size=8)) + written[end:])

    assert refusal is None or (refusal.problems and str(refusal).encode())
