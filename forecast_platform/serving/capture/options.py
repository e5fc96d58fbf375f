"""What is captured and how files are cut, in the terms of SageMaker's DataCaptureConfig.

Belongs here: options and their checks. Does not belong here: acting on them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from forecast_platform.errors import InputError, Problem

_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
_NAME_RULE = "letters, digits and hyphens, a letter or digit at both ends, at most 63 in all"


class CaptureMode(StrEnum):
    """Which side of an invocation is captured."""

    INPUT = "Input"
    OUTPUT = "Output"
    BOTH = "InputAndOutput"


@dataclass(frozen=True)
class CaptureOptions:
    """How an endpoint captures.

    Attributes:
        endpoint: Name of the endpoint: the first folder of the files.
        variant: Name of the production variant: the second folder.
        mode: Which sides are captured.
        sampling_percentage: Share of the invocations that are captured, 0-100; each is drawn on its own.
        csv_content_types: Media types whose bodies are recorded as text with the encoding ``CSV``.
        json_content_types: The same for ``JSON``. Bodies of any other type are recorded as ``BASE64``.
        seconds_per_file: A file becomes visible this long after its first record.
        bytes_per_file: ... or as soon as it is this large.

    Raises:
        InputError: A name that SageMaker would refuse, or a number out of range; all of them.
    """

    endpoint: str
    variant: str = "AllTraffic"
    mode: CaptureMode = CaptureMode.BOTH
    sampling_percentage: float = 100.0
    csv_content_types: tuple[str, ...] = ("text/csv",)
    json_content_types: tuple[str, ...] = ("application/json",)
    seconds_per_file: float = 60.0
    bytes_per_file: int = 16 * 2**20

    def __post_init__(self) -> None:
        problems = [
            Problem(f"the {what}'s name", repr(name), _NAME_RULE)
            for what, name in (("endpoint", self.endpoint), ("variant", self.variant))
            if not _NAME.fullmatch(name)
        ]
        if not 0 <= self.sampling_percentage <= 100:
            problems.append(
                Problem("the sampling percentage", f"{self.sampling_percentage:g}", "a number from 0 to 100")
            )
        if not self.seconds_per_file > 0:
            problems.append(Problem("the seconds per file", f"{self.seconds_per_file:g}", "a number above 0"))
        if self.bytes_per_file < 1:
            problems.append(Problem("the bytes per file", f"{self.bytes_per_file}", "at least 1"))
        if problems:
            raise InputError("Captures cannot be written like this.", problems)
