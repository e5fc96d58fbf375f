"""Starts a person's script in its own process, watches it, and ends it when it hangs.

Belongs here: the process and its time. Does not belong here: records and rows (``hooks``), what happens inside
(``hook_process``).
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal

from forecast_platform.errors import InputError, Problem

_KEPT_OUTPUT = 1 << 16
_PROCESS = Path(__file__).with_name("hook_process.py")


class HookError(InputError):
    """A script cannot be used. Carries what it printed.

    Attributes:
        output: The end of its standard output and error.
    """

    def __init__(self, summary: str, problem: Problem, output: str) -> None:
        super().__init__(summary, [problem])
        self.output = output


@dataclass
class HookProcess:
    """One use of a script; it may take several processes when it crashes.

    Args:
        kind: Which handler to call.
        script: Its file.
        seconds: How long all of it may take.
        environment: Variables that the script sees besides those of this process.
    """

    kind: Literal["preprocess", "postprocess"]
    script: Path
    seconds: float
    environment: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.script.is_file():
            self._fail("no such file", "a Python script")
        self._deadline = time.monotonic() + self.seconds
        self._printed: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115 (closed with this object)

    @property
    def output(self) -> str:
        """The end of what the script printed so far, standard output and error together."""
        size = self._printed.seek(0, os.SEEK_END)
        self._printed.seek(max(0, size - _KEPT_OUTPUT))
        text = self._printed.read().decode(errors="replace")
        self._printed.seek(0, os.SEEK_END)
        return text

    def run(self, records: BinaryIO | None, answers: BinaryIO) -> int | None:
        """Let the script answer ``records`` from where that file stands, at the end of ``answers``.

        Returns:
            The exit code, negative for a signal; ``None`` when the time was up and the process was killed.
        """
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            process = subprocess.Popen(
                # -P: or else the script would find our modules in place of those of Python's own library.
                [sys.executable, "-P", str(_PROCESS), self.kind, str(self.script.absolute()), str(answers.fileno())],
                stdin=subprocess.DEVNULL if records is None else records,
                stdout=self._printed,
                stderr=subprocess.STDOUT,
                pass_fds=[answers.fileno()],
                cwd=folder,
                env={"PYTHONHASHSEED": "0", **os.environ, **self.environment},
                start_new_session=True,
            )
            try:
                return process.wait(max(0.0, self._deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                return None
            finally:
                # Also what the script started and left running.
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def refuse_fatal(self, answer: Mapping[str, Any]) -> None:
        """Raise when ``answer`` says that the script cannot be used."""
        if "fatal" in answer:
            self._fail(str(answer["fatal"]), f"a script with a function {self.kind}_handler", answer.get("line"))

    def refuse_hang(self, during: str) -> None:
        """Raise because the time was up."""
        self._fail(
            f"no end after {self.seconds:g} seconds, {during}",
            "an end before that",
            advice="Make it faster, or allow it more time.",
        )

    def _fail(self, found: str, expected: str, line: Any = None, advice: str = "") -> None:
        where = f"{self.script}, line {line}" if line else str(self.script)
        output = self.output if hasattr(self, "_printed") else ""
        printed = f" It printed: {output.strip()[-500:]}" if output.strip() else ""
        problem = Problem(where, found, expected, f"{advice}{printed}".strip())
        raise HookError(f"The {self.kind}or {self.script.name} failed.", problem, output)


def last_answer(answers: BinaryIO) -> dict[str, Any]:
    """The last complete line of ``answers``; empty when there is none."""
    size = answers.seek(0, os.SEEK_END)
    answers.seek(max(0, size - _KEPT_OUTPUT))
    lines = answers.read().splitlines()
    try:
        found = json.loads(lines[-1]) if lines else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
