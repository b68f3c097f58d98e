"""Files outside the dropoff root that a task of another DAG wants loaded: a copy is loaded, the original stays."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from refdata.core.dropnames import printable
from refdata.core.errors import ConfigurationError, DropoffError, FileChangedError
from refdata.dropoff.identity import PosixIdentity
from refdata.dropoff.objectidentity import ObjectIdentity
from refdata.dropoff.objectstore import ObjectStore
from refdata.dropoff.osfiles import translated

_CHUNK = 1 << 20
_WAIT = "Check the path. For a file that is still to come, let one of Airflow's sensors wait for it first."


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


def file_in_folder(path: str) -> GivenFile:
    """The file at an absolute path of this machine.

    :raises ConfigurationError: when the path is relative.
    :raises FileChangedError: when nothing is there.
    :raises DropoffError: when it is not a regular file.
    :raises PermissionDeniedError: when it is not readable.
    """
    if not Path(path).is_absolute():
        raise ConfigurationError(
            "The path of the file is relative, and tasks run in a folder that nobody chose",
            where=printable(path) or "path",
            advice="Give an absolute path, or the address of an object, such as s3://my_aws@landing/rates.csv.",
        )
    identity = _identity(path)
    return GivenFile(path, Path(path).name, str(identity), identity.mtime_ns, lambda: _bytes_of(path, identity))


def file_in_store(store: ObjectStore, name: str) -> GivenFile:
    """The object of that name directly below the store's prefix.

    :raises FileChangedError: when nothing is there.
    """
    place = f"{store.address}/{name}"
    identity = ObjectIdentity.of(_facts(store, name, place))

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


def _facts(store: ObjectStore, name: str, place: str) -> Any:
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
