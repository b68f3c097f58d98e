"""Temporary files that only this process can read: encrypted, with a key that is nowhere but in its memory.

Each file has a key of its own and is written once, in order, so AES in counter mode keeps it secret and can be read
from any place. Readers are given a path, as for any file; ``open_local`` knows which paths are sealed.
"""

from __future__ import annotations

import io
import os
import secrets
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO, cast

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers import CipherContext

_BLOCK = 16
_keys: dict[str, bytes] = {}


class SealedFile(io.BufferedIOBase):
    """The plain view of an encrypted file: what is written here is encrypted there, what is read is decrypted."""

    def __init__(self, file: IO[bytes], key: bytes, path: str = "") -> None:
        self._file, self._key, self._path = file, key, path
        self._cipher: CipherContext | None = None
        self._reached = -1

    def readable(self) -> bool:
        """It can be read."""
        return True

    def writable(self) -> bool:
        """Whether it can be written, at its end: as the file itself, not as a reader of it."""
        return bool(self._path)

    def seekable(self) -> bool:
        """It can be read from any place."""
        return True

    def fileno(self) -> int:
        """Of the encrypted file."""
        return self._file.fileno()

    def tell(self) -> int:
        """The place of the next byte, which is the same in both views."""
        return self._file.tell()

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Goes to a place."""
        return self._file.seek(offset, whence)

    def flush(self) -> None:
        """Lets other readers of the path see what was written."""
        if not self._file.closed:
            self._file.flush()

    def read(self, size: int | None = -1, /) -> bytes:
        """Plain bytes."""
        place = self.tell()
        return self._turned(place, self._file.read(-1 if size is None else size))

    read1 = read

    def write(self, data: Any, /) -> int:
        """Writes plain bytes at the end.

        :raises UnsupportedOperation: anywhere else; the same bytes of the key would then serve twice.
        """
        place = self.tell()
        if place != self._file.seek(0, os.SEEK_END):
            raise io.UnsupportedOperation("a sealed file is only written at its end")
        return self._file.write(self._turned(place, bytes(data)))

    def close(self) -> None:
        """Forgets the key, where this is the file itself."""
        if self._path and not self.closed:
            _keys.pop(self._path, None)
        self._file.close()
        super().close()

    def _turned(self, place: int, data: bytes) -> bytes:
        """Encrypts and decrypts: in counter mode it is the same."""
        if self._cipher is None or self._reached != place:
            self._cipher = _cipher_at(self._key, place)
        self._reached = place + len(data)
        return self._cipher.update(data)


def temporary_file(folder: Path | None = None, *, sealed: bool) -> IO[bytes]:
    """A file without a name, which the system removes when the process ends.

    >>> with temporary_file(sealed=True) as file:
    ...     _ = file.write(b"secret")
    ...     file.flush()
    ...     path = path_of(file)
    ...     path.read_bytes() == b"secret", open_local(path).read()
    (False, b'secret')
    """
    file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  its caller closes it
    if not sealed:
        return cast("IO[bytes]", file)
    path = os.fspath(path_of(file))
    _keys[path] = secrets.token_bytes(32)
    return cast("IO[bytes]", SealedFile(cast("IO[bytes]", file), _keys[path], path))


def path_of(file: IO[bytes]) -> Path:
    """A path to an open file without a name, for this process."""
    return Path(f"/proc/self/fd/{file.fileno()}")


def is_sealed(path: Path) -> bool:
    """Whether a path is that of a sealed file of this process."""
    return os.fspath(path) in _keys


def open_local(path: Path, buffering: int = -1) -> BinaryIO:
    """Opens a file of this machine for reading, also a sealed one; errors are those of ``open``."""
    file = path.open("rb", buffering=buffering)
    key = _keys.get(os.fspath(path))
    return cast("BinaryIO", file if key is None else SealedFile(cast("IO[bytes]", file), key))


def _cipher_at(key: bytes, place: int) -> CipherContext:
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import CTR

    cipher = Cipher(AES(key), CTR((place // _BLOCK).to_bytes(_BLOCK, "big"))).encryptor()
    cipher.update(bytes(place % _BLOCK))
    return cipher
