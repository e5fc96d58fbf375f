"""From the bytes of an object to its lines, in blocks of bounded size.

Belongs here: compression, encodings, line ends, lines without end. Does not belong here: commas and quotes
(``records``).
"""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from forecast_platform.training_data.messages import FileRefusedError

MAX_LINE = 100_000
"""Characters in one record. Below the csv module's own default limit for a field, so that ours speaks first."""

_BLOCK = 1 << 20
_KEPT_OF_A_LONG_LINE = 1_000
_GZIP = b"\x1f\x8b"
_OTHER_FORMATS = {
    b"PK\x03\x04": "an Excel workbook or a zip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"PAR1": "a Parquet file",
}
_BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass
class Block:
    """Some consecutive lines.

    Attributes:
        first: Number of the first of them, counted from 1.
        lines: With their line ends.
        suspicious: Some line holds a NUL, a byte order mark or a byte that is not of the file's encoding.
        overlong: Index into ``lines`` and true length of lines that were cut because they are too long.
    """

    first: int
    lines: list[str]
    suspicious: bool = False
    overlong: dict[int, int] = field(default_factory=dict)


def read_blocks(stream: BinaryIO) -> Iterator[Block]:
    """The lines of ``stream``, about a megabyte at a time.

    Lines end with LF, CR LF or CR. Bytes that are not UTF-8 arrive as lone surrogates (``surrogateescape``).

    Raises:
        FileRefusedError: The bytes are not text, or end too early.
    """
    splitter = _Splitter()
    for text in read_text(stream):
        yield from splitter.add(text)
    yield from splitter.finish()


def read_text(stream: BinaryIO) -> Iterator[str]:
    """The text of ``stream``, about a megabyte at a time, cut anywhere.

    Bytes that are not UTF-8 arrive as lone surrogates (``surrogateescape``).

    Raises:
        FileRefusedError: The bytes are not text, or end too early.
    """
    return _decoded(_decompressed(stream))


def block_of(first: int, lines: list[str]) -> Block:
    """Complete lines as a block; those that are too long are cut in place."""
    overlong = {}
    if len(max(lines, key=len, default="")) > MAX_LINE:
        for index, line in enumerate(lines):
            if len(line) > MAX_LINE:
                overlong[index] = len(line.rstrip("\r\n"))
                lines[index] = line[:_KEPT_OF_A_LONG_LINE]
    return Block(first, lines, has_broken_text("".join(lines)), overlong)


def has_broken_text(text: str) -> bool:
    """Whether ``text`` holds what no text file should: NULs, byte order marks, undecodable bytes."""
    if text.isascii():
        return "\0" in text
    return "\0" in text or "\ufeff" in text or has_undecodable(text)


def has_undecodable(text: str) -> bool:
    """Whether ``text`` holds bytes that are not of the file's encoding."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


class _Splitter:
    """Cuts text into lines and keeps the unfinished one for the next piece."""

    def __init__(self) -> None:
        self._next_line = 1
        self._rest = ""
        self._cut = 0

    def add(self, text: str) -> Iterator[Block]:
        if self._cut and not self._rest.endswith("\r"):
            end = _first_line_end(text)
            self._cut += end if end >= 0 else len(text)
            if end < 0:
                return
            text = text[end:]
        lines = list(io.StringIO(self._rest + text, newline=""))
        # A CR at the very end may be the first half of a CR LF.
        self._rest = lines.pop() if lines and not lines[-1].endswith("\n") else ""
        yield from self._block(lines)
        if len(self._rest) > MAX_LINE and not self._rest.endswith("\r"):
            self._cut = len(self._rest)
            self._rest = self._rest[:_KEPT_OF_A_LONG_LINE]

    def finish(self) -> Iterator[Block]:
        yield from self._block([self._rest] if self._rest else [])

    def _block(self, lines: list[str]) -> Iterator[Block]:
        if not lines:
            return
        block = block_of(self._next_line, lines)
        if self._cut:
            block.overlong[0] = self._cut
            self._cut = 0
        yield block
        self._next_line += len(lines)


def _first_line_end(text: str) -> int:
    ends = [end for end in (text.find("\n"), text.find("\r")) if end >= 0]
    return min(ends, default=-1)


def _decompressed(stream: BinaryIO) -> Iterator[bytes]:
    """The bytes of ``stream``, unpacked when they are gzip, whatever the file's name says."""
    start = stream.read(len(_GZIP))
    stream.seek(0)
    if start != _GZIP:
        while data := stream.read(_BLOCK):
            yield data
        return
    with gzip.GzipFile(fileobj=stream) as unpacked:
        while True:
            try:
                data = unpacked.read(_BLOCK)
            except EOFError:
                raise FileRefusedError(
                    "gzip data that ends in the middle",
                    "a complete gzip file",
                    "Is it still being uploaded? Otherwise upload it again.",
                ) from None
            except (gzip.BadGzipFile, zlib.error) as error:
                raise FileRefusedError(
                    f"gzip data that is damaged ({error})", "a complete gzip file", "Pack it and upload it again."
                ) from None
            if not data:
                return
            yield data


def _decoded(pieces: Iterator[bytes]) -> Iterator[str]:
    first = next(pieces, b"")
    for magic, name in _OTHER_FORMATS.items():
        if first.startswith(magic):
            raise FileRefusedError(name, "a CSV file", "Save it as CSV (UTF-8) and upload that.")
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS.items() if first.startswith(mark)), "utf-8")
    if encoding == "utf-8" and _looks_like_utf16(first):
        raise FileRefusedError(
            "text in UTF-16 without a byte order mark", "UTF-8, or UTF-16 with its mark", "Save the file as UTF-8."
        )
    errors = "surrogatepass" if encoding == "utf-16" else "surrogateescape"
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    try:
        yield decoder.decode(first)
        for piece in pieces:
            yield decoder.decode(piece)
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise FileRefusedError(
            f"UTF-16 text that breaks off or is damaged ({error.reason})",
            "complete UTF-16 text",
            "Is it still being uploaded? Otherwise save it as UTF-8 and upload it again.",
        ) from None


def _looks_like_utf16(start: bytes) -> bool:
    """Whether every other byte of the start is NUL, as in Latin text in UTF-16."""
    sample = start[:1000]
    return len(sample) >= 4 and max(sample[0::2].count(0), sample[1::2].count(0)) > 0.4 * len(sample)
