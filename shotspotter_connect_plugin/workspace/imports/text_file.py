"""Text files of any origin as letters: packed or not, in any encoding that can be told, with any line ends.

What is damaged is told in one sentence: a file is cut off, a byte of an archive is wrong, a letter is none.
"""
from __future__ import annotations

import csv
import gzip
import io
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Iterator, Optional, Union, cast

import pandas as pd

from ...errors import ConnectError
from ..store.layer_file import check_ratio
from ..store.runs import stream_hash
from .packed_file import member_of, open_member

START = 1 << 20
"""Bytes by which a file is judged."""
LONGEST_LINE = 1 << 20
UTF8, WINDOWS_1252 = "utf-8-sig", "cp1252"
_MARKS = ((b"\xef\xbb\xbf", "utf_8_sig"), (b"\xff\xfe\0\0", "utf-32"), (b"\0\0\xfe\xff", "utf-32"),
          (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
"""Marks at the start of a file. One of UTF-8 leaves no doubt, and its name here is not :data:`UTF8`."""
# Where the zero bytes of ASCII letters stand, of four bytes.
_ZEROS = {(0, 1, 1, 1): "utf-32-le", (1, 1, 1, 0): "utf-32-be", (0, 1, 0, 1): "utf-16-le", (1, 0, 1, 0): "utf-16-be"}
_NO_ENCODING = "The letters of {} are in no known encoding; save it as UTF-8."
ASSUMED = "{} is not UTF-8: its letters were read as Windows-1252. Where names look wrong, save it as UTF-8."


class NotUtf8(Exception):
    """The text is not in UTF-8, which was tried first."""


@contextmanager
def unpacked(path: Union[str, Path]) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """(the file as it lies on the disk, the same unpacked) as binary streams."""
    path = Path(path)
    with open(path, "rb") as raw:
        if path.suffix.lower() == ".gz":
            with io.BufferedReader(_Bounded(cast(IO[bytes], gzip.GzipFile(fileobj=raw)), path)) as stream:
                yield raw, stream
        elif member_of(path):
            with zipfile.ZipFile(raw) as packed, open_member(packed, path) as member, \
                    io.BufferedReader(_Bounded(member, path)) as stream:
                yield raw, stream
        else:
            yield raw, raw


def content_hash(path: Union[str, Path]) -> str:
    """SHA-256 of what a ``.gz``, or a ZIP with one file of rows, holds; empty of what is not packed."""
    path = Path(path)
    if not path.is_file() or path.suffix.lower() != ".gz" and not member_of(path):
        return ""
    with told(path.name), unpacked(path) as (_, stream):
        return stream_hash(stream)


class _Bounded(io.RawIOBase):
    """An unpacked stream that ends in one sentence when it grows out of all proportion."""

    def __init__(self, stream: IO[bytes], path: Path) -> None:
        self._stream, self._name, self._size, self._read = stream, path.name, path.stat().st_size, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        part = self._stream.read(len(buffer))
        buffer[:len(part)] = part
        self._read += len(part)
        check_ratio(self._name, self._size, self._read)
        return len(part)


@contextmanager
def told(name: str, encoding: str = "") -> Iterator[None]:
    """Turn what goes wrong while a text is read into one sentence; :class:`NotUtf8` where another encoding may help."""
    try:
        yield
    except UnicodeDecodeError as error:
        if encoding == UTF8 and error.reason != "unexpected end of data":
            raise NotUtf8 from error
        if encoding == WINDOWS_1252:
            raise ConnectError(_NO_ENCODING.format(name), repr(error)) from error
        raise _damaged(name, error) from error
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, csv.Error,
            pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise _damaged(name, error) from error


def _damaged(name: str, error: Exception) -> ConnectError:
    return ConnectError(f"{name} is damaged or cut off; export it again.", repr(error))


def start_of(path: Union[str, Path]) -> bytes:
    """The first bytes of a file, unpacked, or one sentence."""
    path = Path(path)
    with told(path.name), unpacked(path) as (_, stream):
        return stream.read(START)


def encoding_of(start: bytes, name: str) -> str:
    """The encoding by which a text has to be tried, from its first bytes.

    Raises
    ------
    ConnectError
        When it is no text.
    """
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return encoding
    if b"\0" not in start:
        return UTF8
    first = start[:64]
    zeros = tuple(int(first[place::4].count(0) > len(first) / 8) for place in range(4))
    if zeros in _ZEROS:
        return _ZEROS[zeros]
    raise ConnectError(f"{name} is not a text file; give CSV, Excel or a map layer.")


def decoded(start: bytes, encoding: str) -> tuple[str, str]:
    """The letters of a file's first bytes, and the encoding that they are in: Windows-1252 where it is not UTF-8."""
    text = start.decode(encoding, errors="replace")
    if encoding == UTF8 and "\ufffd" in text[:-3]:
        return start.decode(WINDOWS_1252, errors="replace"), WINDOWS_1252
    return text, encoding


def lines_of(text: str) -> Iterator[str]:
    """Lines of letters with their ends, whatever those are."""
    return iter(io.StringIO(text, newline="").readline, "")


class CheckedText(io.TextIOBase):
    """A stream of letters in which no line is absurdly long, as one quotation mark too many makes it."""

    def __init__(self, stream: IO[bytes], encoding: str, name: str, errors: str = "strict") -> None:
        super().__init__()
        self._text, self._name, self._since = io.TextIOWrapper(stream, encoding, errors, newline=""), name, 0
        self._strict = errors == "strict"

    def readable(self) -> bool:
        return True

    def readline(self, size: Optional[int] = -1) -> str:  # type: ignore[override]
        """The next line with its end."""
        line = self._text.readline(LONGEST_LINE)
        self._check(line)
        return line

    def read(self, size: Optional[int] = -1) -> str:
        """The next letters."""
        part = self._text.read(START if size is None or size < 0 else min(size, START))
        self._check(part)
        return part

    def _check(self, part: str) -> None:
        end = max(part.rfind("\n"), part.rfind("\r"))
        self._since = self._since + len(part) if end < 0 else len(part) - end
        if self._since >= LONGEST_LINE:
            raise ConnectError(f"{self._name} has a line of more than a million letters; export it again as CSV.")
        if self._strict and "\0" in part:
            raise ConnectError(f"{self._name} is damaged: it holds zero bytes within its text; export it again.")
