"""Unpacks gzip, Zstandard and ZIP files into a spool, in bounded space."""

from __future__ import annotations

import contextlib
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, BinaryIO

import pyarrow as pa

from refdata.copies.parts import Part
from refdata.copies.spool import Spool
from refdata.core.errors import FileBusyError, FormatError
from refdata.core.filetypes import TEXT_TYPES, ending
from refdata.sealing import open_local

_CHUNK = 1 << 20
_SIDE_FILES = ("__MACOSX/", ".")
"""Members with such a path or name are the packer's own."""


def unpack_stream(path: Path, codec: str, spool: Spool) -> None:
    """Unpacks a file that is one packed stream.

    :param codec: ``gzip`` or ``zstd``, as pyarrow names them.
    :raises FormatError: the file is damaged or ends early, or the spool's limit is reached.
    """
    with _damage(), open_local(path) as file, pa.CompressedInputStream(pa.PythonFile(file), codec) as stream:
        _copy(stream, spool)
    spool.done()


def members(path: Path) -> tuple[Part, ...]:
    """The text files in an archive; if none has the name of one, all files.

    :raises FormatError: when the archive is damaged.
    """
    with _damage(), open_local(path) as packed, zipfile.ZipFile(packed) as archive:
        files = [info for info in archive.infolist() if not info.is_dir() and not _is_side_file(info.filename)]
    texts = [info for info in files if ending(info.filename).lower().lstrip(".") in TEXT_TYPES]
    return tuple(
        Part(info.filename, number, empty=not info.file_size) for number, info in enumerate(texts or files, start=1)
    )


def unpack_member(path: Path, name: str, spool: Spool) -> None:
    """Unpacks one member of an archive.

    :raises FormatError: it is damaged, encrypted or packed in an unknown way, or the spool's limit is reached.
    """
    with _damage(), open_local(path) as packed, zipfile.ZipFile(packed) as archive:
        if archive.getinfo(name).flag_bits & 1:
            raise FormatError("The archive is encrypted", advice="Drop it without a password.")
        with archive.open(name) as member:
            _copy(member, spool)
    spool.done()


def _copy(source: IO[bytes] | BinaryIO, spool: Spool) -> None:
    while chunk := source.read(_CHUNK):
        spool.write(chunk)


def _is_side_file(name: str) -> bool:
    return name.startswith(_SIDE_FILES[0]) or name.rpartition("/")[2].startswith(_SIDE_FILES[1])


@contextlib.contextmanager
def _damage() -> Iterator[None]:
    """Turns the errors of the unpackers into those of the tree."""
    advice = "Pack it again, or ask its sender for it again."
    try:
        yield
    except NotImplementedError as error:
        what = f"The archive is packed in an unknown way: {error}"
        raise FormatError(what, advice="Pack it as plain ZIP.") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, pa.ArrowInvalid, KeyError) as error:
        raise FormatError("The packed file is damaged or not complete", advice=advice) from error
    except OSError as error:
        # pyarrow reports a damaged stream as an error of the system without a number.
        if error.errno is None:
            raise FormatError("The packed file is damaged or not complete", advice=advice) from error
        raise FileBusyError(
            f"The storage failed while the file was read: {error.strerror}", advice="Nothing: it is retried."
        ) from error
