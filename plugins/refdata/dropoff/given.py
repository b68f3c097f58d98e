"""Files outside the dropoff root that a task of another DAG wants loaded: a copy is loaded, the original stays."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from refdata.core.dropnames import printable
from refdata.core.errors import ConfigurationError, DropoffError, FileChangedError
from refdata.dropoff.identity import PosixIdentity
from refdata.dropoff.objectidentity import ObjectIdentity
from refdata.dropoff.osfiles import translated
from refdata.dropoff.store import Store

_CHUNK = 1 << 20
_WAIT = "Check the path. For a file that is still to come, let one of Airflow's sensors wait for it first."
_LOWEST = 2**63
"""Added to a time, so that the digits of one before 1970 sort too."""


@dataclass(frozen=True, slots=True)
class GivenFile:
    """A file at a place of its owner's.

    :param place: where it is, without credentials.
    :param identity: distinguishes it from what is there after any change.
    :param changed_ns: when its content last changed, in nanoseconds since 1970.
    :param read: its bytes; raises FileChangedError at the end when the file changed meanwhile.
    """

    place: str
    name: str
    identity: str
    changed_ns: int
    read: Callable[[], Iterator[bytes]]

    @property
    def order(self) -> str:
        """Which of several files goes first: by last change, then by name."""
        return f"{self.changed_ns + _LOWEST:020d}{self.name}"


def file_in_folder(path: str) -> GivenFile:
    """The file at an absolute path of this machine.

    :raises ConfigurationError: when the path is relative.
    :raises FileChangedError: when nothing is there.
    :raises DropoffError: when it is not a regular file.
    :raises PermissionDeniedError: when it is not readable.
    """
    _require_absolute(path)
    identity = _identity(path)
    return GivenFile(path, Path(path).name, str(identity), identity.mtime_ns, lambda: _bytes_of(path, identity))


def files_in_folder(folder: str, pattern: str) -> Iterator[GivenFile]:
    """The files directly in a folder whose names match; none while it does not exist. Hidden ones must be named so.

    :param pattern: as for ``fnmatch``: ``rates_*.csv``.
    :raises ConfigurationError: when the folder is relative.
    :raises PermissionDeniedError: when the folder or a file is not readable.
    """
    _require_absolute(folder)
    names: list[str] = []
    with suppress(FileChangedError), translated(folder):
        names = [path.name for path in Path(folder).iterdir()]
    for name in _matching(names, pattern):
        path = Path(folder) / name
        # It may be gone since the folder was listed.
        with suppress(FileChangedError):
            if path.is_file():
                yield file_in_folder(str(path))


def file_in_store(store: Store, name: str) -> GivenFile:
    """The object of that name directly below the store's prefix.

    :raises FileChangedError: when nothing is there.
    """
    return _object(store, name, _facts(store, name, f"{store.address}/{name}"))


def files_in_store(store: Store, pattern: str) -> Iterator[GivenFile]:
    """The objects directly below the store's prefix whose names match, as ``files_in_folder`` for a folder.

    Those that another program has open are left out.
    """
    facts = dict(store.children(""))
    names = list(_matching(facts, pattern))
    held = store.held(names)
    return (_object(store, name, facts[name]) for name in names if name not in held)


def _matching(names: Iterable[str], pattern: str) -> Iterator[str]:
    hidden = pattern.startswith(".")
    return (name for name in names if fnmatchcase(name, pattern) and (hidden or not name.startswith(".")))


def _require_absolute(path: str) -> None:
    if not Path(path).is_absolute():
        raise ConfigurationError(
            "The path of the file is relative, and tasks run in a folder that nobody chose",
            where=printable(path) or "path",
            advice="Give an absolute path, or the address of an object, such as s3://my_aws@landing/rates.csv.",
        )


def _object(store: Store, name: str, facts: Any) -> GivenFile:
    place = f"{store.address}/{name}"
    identity = ObjectIdentity.of(facts)

    def read() -> Iterator[bytes]:
        yield from store.read(name)
        if ObjectIdentity.of(_facts(store, name, place)) != identity:
            raise _changed(place)

    return GivenFile(place, name, str(identity), identity.mtime_ns, read)


def _identity(path: str) -> PosixIdentity:
    try:
        with translated(path):
            status = Path(path).stat()
    except FileChangedError:
        raise _missing(path) from None
    if not stat.S_ISREG(status.st_mode):
        raise DropoffError("It is not a file", where=printable(path), advice="Give the path of one file.")
    return PosixIdentity.of(status)


def _bytes_of(path: str, identity: PosixIdentity) -> Iterator[bytes]:
    with translated(path), Path(path).open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk
        status = os.fstat(stream.fileno())
    if not PosixIdentity.of(status).is_touched(identity):
        raise _changed(path)


def _facts(store: Store, name: str, place: str) -> Any:
    facts = store.info(name)
    if facts is None:
        raise _missing(place)
    return facts


def _missing(place: str) -> FileChangedError:
    return FileChangedError("There is no such file", where=printable(place), advice=_WAIT)


def _changed(place: str) -> FileChangedError:
    return FileChangedError(
        "The file changed while it was copied",
        where=printable(place),
        advice="Run the task again when the file is complete.",
    )
