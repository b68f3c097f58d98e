"""Bytes of any encoding → UTF-8 chunks, in bounded memory.

All later stages work on UTF-8, the only encoding that pyarrow parses. UTF-8 and pure ASCII
chunks pass through as they are (the parser validates them); other encodings are decoded step by step.
"""

from __future__ import annotations

import codecs
import contextlib
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np

from refdata.ahead import ahead
from refdata.core.errors import DropoffError, FileBusyError, FileChangedError, FormatError, PermissionDeniedError
from refdata.csvformat.limits import BLOCK_BYTES, MASK_BYTES, MAX_RECORD_BYTES
from refdata.csvformat.repairs import Repairs, broken_at
from refdata.sealing import open_local

_FEED = 10
_LINE_END = re.compile(rb"\r\n|\n|\r")
_ASCII = bytes(range(128))


@dataclass(slots=True)
class FileBytes:
    """The bytes of a file, read once in order; hashes them when asked to.

    ``size`` counts the bytes handed out so far; up to ``AHEAD`` chunks more have been read.
    """

    path: Path
    progress: Callable[[int], None] | None = None
    hashed: bool = False
    chunk_bytes: int = BLOCK_BYTES
    size: int = 0
    repairs: Repairs = field(default_factory=Repairs)
    _hash: hashlib._Hash = field(default_factory=hashlib.sha256)

    @property
    def sha256(self) -> str:
        """Hex digest of the bytes read so far."""
        return self._hash.hexdigest()

    def chunks(self) -> Iterator[bytes]:
        """Raw chunks.

        :raises PermissionDeniedError: the file may not be read.
        :raises FileChangedError: the file is gone.
        :raises DropoffError: the path is a directory.
        :raises FileBusyError: the storage failed.
        """
        for chunk in ahead(self._chunks()):
            self.size += len(chunk)
            yield chunk
            if self.progress is not None:
                self.progress(self.size)

    def _chunks(self) -> Iterator[bytes]:
        with open_binary(self.path) as file:
            while chunk := self._read(file):
                if self.hashed:
                    self._hash.update(chunk)
                yield chunk

    def _read(self, file: BinaryIO) -> bytes:
        with storage_errors(self.path):
            return file.read(self.chunk_bytes)


@contextlib.contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turns the failure of a drive while a file is read into an error of the tree."""
    try:
        yield
    except OSError as error:
        what = f"The storage failed while the file was read: {error.strerror or error}"
        raise FileBusyError(what, where=str(path), advice="Nothing: it is retried. Check the drive.") from error


def open_binary(path: Path) -> BinaryIO:
    """Open for reading, unbuffered, with errors of the tree."""
    try:
        return open_local(path, buffering=0)
    except PermissionError as error:
        raise PermissionDeniedError("The file is not readable", where=str(path), advice="Grant read access.") from error
    except FileNotFoundError as error:
        raise FileChangedError("The file is gone", where=str(path), advice="Drop it again.") from error
    except IsADirectoryError as error:
        raise DropoffError("A directory has the name of a file", where=str(path), advice="Remove it.") from error


def utf8_chunks(source: FileBytes, encoding: str, fallback: str = "") -> Iterator[bytes]:
    """The text of ``source`` as UTF-8 chunks; only the last one may end in a carriage return.

    Bytes that are no text in ``encoding`` are left in their line (``repairs``).

    :param fallback: the encoding of lines that ``encoding`` cannot read; ``""`` for none.
    :raises FormatError: bytes that are no UTF-16 or UTF-32, with offset and line.
    """
    name = codecs.lookup(encoding).name
    as_utf8 = name in {"utf-8", "utf-8-sig"}
    source.repairs = Repairs("utf-8" if as_utf8 else name, fallback)
    plain = source.chunks() if as_utf8 else _transcoded(source, name)
    checked = _checked(_whole_line_ends(plain), source.repairs)
    return _without_bom(checked) if name == "utf-8-sig" else checked


def _checked(chunks: Iterator[bytes], repairs: Repairs) -> Iterator[bytes]:
    """The chunks with the lines that the fallback reads; what is not ASCII is held back to the end of its line."""
    held = b""
    for chunk in chunks:
        text = held + chunk
        end = len(text)
        if not text.isascii() and end <= MAX_RECORD_BYTES:
            end = max(text.rfind(b"\n"), text.rfind(b"\r")) + 1
        held = text[end:]
        if whole := text[:end]:
            yield repairs.passed(whole, count_lines(whole))
    if held:
        yield repairs.passed(held, 0)


def count_lines(text: bytes) -> int:
    r"""Line ends in ``text``: ``\n``, ``\r\n`` and lone ``\r`` count one each."""
    data = np.frombuffer(text, np.uint8)
    ends = sum(int(np.count_nonzero(data[at : at + MASK_BYTES] == _FEED)) for at in range(0, data.size, MASK_BYTES))
    if b"\r" in text:
        ends += text.count(b"\r") - text.count(b"\r\n")
    return ends


def skip_lines(chunks: Iterator[bytes], lines: int) -> Iterator[bytes]:
    """The chunks without their first ``lines`` physical lines."""
    for chunk in chunks:
        start = 0
        while lines and (end := _LINE_END.search(chunk, start)):
            start, lines = end.end(), lines - 1
        if not lines:
            if start < len(chunk):
                yield chunk[start:]
            break
    yield from chunks


def drop_last_lines(chunks: Iterator[bytes], lines: int) -> Iterator[bytes]:
    """The chunks without their last ``lines`` lines that are not white space.

    No more than the longest row allowed is held back; longer lines are refused later.
    """
    if not lines:
        yield from chunks
        return
    held = b""
    for chunk in chunks:
        held += chunk
        keep = _start_of_last_lines(held, lines)
        if not keep and len(held) > MAX_RECORD_BYTES:
            keep = len(held)
        yield held[:keep]
        held = held[keep:]


def _start_of_last_lines(text: bytes, lines: int) -> int:
    """Where the last ``lines`` non-blank lines begin; 0 where there are not more."""
    returns, end = b"\r" in text, len(text)
    for _ in range(lines):
        filled = len(text[:end].rstrip())
        end = text.rfind(b"\n", 0, filled) + 1
        if returns:
            end = max(end, text.rfind(b"\r", 0, filled) + 1)
    return end


def _without_bom(chunks: Iterator[bytes]) -> Iterator[bytes]:
    first = b""
    for chunk in chunks:
        first += chunk
        if len(first) >= len(codecs.BOM_UTF8):
            break
    yield first.removeprefix(codecs.BOM_UTF8)
    yield from chunks


def _transcoded(source: FileBytes, encoding: str) -> Iterator[bytes]:
    # A broken byte is half of a wide character, so it cannot be kept as a byte of its own.
    wide = encoding.startswith(("utf-16", "utf-32"))
    decoder = codecs.getincrementaldecoder(encoding)("strict" if wide else "surrogateescape")
    passes = _keeps_ascii(encoding)
    lines, first = 0, True
    for chunk in _and_end(source.chunks()):
        if passes and chunk.isascii() and decoder.getstate()[0] == b"":
            text = chunk
        else:
            text = _decode(decoder, chunk, source, encoding, lines)
        if first and text:
            text, first = text.removeprefix(codecs.BOM_UTF8), False
        lines += text.count(b"\n")
        yield text


def _keeps_ascii(encoding: str) -> bool:
    """Whether ASCII bytes are the same text in UTF-8; in ISO 2022 they may also be parts of characters."""
    return not encoding.startswith("iso2022") and _ASCII.decode(encoding, errors="replace") == _ASCII.decode("ascii")


def _and_end(chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield from chunks
    yield b""


def _decode(decoder: codecs.IncrementalDecoder, chunk: bytes, source: FileBytes, encoding: str, lines: int) -> bytes:
    start = source.size - len(chunk) - len(decoder.getstate()[0])
    try:
        text = decoder.decode(chunk, final=not chunk)
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode(encoding, errors="replace").encode("utf-8")
        offset = source.size - len(error.object) + error.start
        raise undecodable(encoding, offset, lines + count_lines(before) + 1, source.path) from None
    except UnicodeError:  # a byte order mark is missing, or half a surrogate pair was decoded
        raise undecodable(encoding, source.size - len(chunk), lines + 1, source.path) from None
    source.repairs.offsets.extend(start + len(text[:at].encode(encoding, "surrogateescape")) for at in broken_at(text))
    return text.encode("utf-8", "surrogatepass")


def undecodable(encoding: str, offset: int, line: int, path: Path) -> FormatError:
    """The error for bytes that are not text in ``encoding``; ``offset`` counts from 0, ``line`` from 1."""
    return FormatError(
        f"Byte {offset} is not valid {encoding} text",
        where=f"{path}, line {line}",
        advice="Save the file in one encoding, preferably UTF-8, and drop it again.",
    )


def _whole_line_ends(chunks: Iterator[bytes]) -> Iterator[bytes]:
    r"""Move a carriage return at a chunk's end to the next one, so that ``\r\n`` is never cut."""
    held = b""
    for chunk in chunks:
        text = held + chunk
        held = b"\r" if text.endswith(b"\r") else b""
        yield text[:-1] if held else text
    if held:
        yield held
