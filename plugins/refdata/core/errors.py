"""The error tree: every failure that refdata raises on purpose.

    RefdataError
    ├── TransientError          retry later; the file stays in the dropoff folder
    │   ├── ConnectionLostError     the database connection was lost or cannot be made
    │   ├── DeadlockError           chosen as deadlock victim (SQL Server 1205)
    │   ├── LockTimeoutError        a lock was not granted in time
    │   ├── ThrottledError          the server asks to slow down
    │   ├── FileBusyError           the file is locked by another process
    │   ├── FileChangedError        the file changed after its release; it is watched again
    │   ├── StorageFullError        no space left on a disk or in a database log
    │   ├── StoppedError            Airflow stopped the task to run it again
    │   ├── AirflowAwayError        Airflow's API server does not answer, or no worker began the task in time
    │   ├── GaveWayError            the load waited in vain, and other loads need its place among Airflow's runs
    │   └── HeldError               the change gate requires an approval, and there is none
    └── PermanentError          a retry changes nothing; the file moves to error/
        ├── FormatError             the bytes cannot be read safely as CSV
        ├── SchemaError             the columns do not fit the table
        ├── DataError               rows were rejected, or counts do not add up
        │   ├── OrphansError            rows of other tables would refer to nothing; a person may accept it
        │   └── ClosedTableError        a person retired or deleted the table
        ├── DatabaseError           the database refused with an error that refdata does not know
        ├── ConfigurationError      a setting or a table's contract is wrong
        │   └── NotInitialisedError     the ledger does not exist yet
        ├── PermissionDeniedError   a right is missing, on disk or in the database
        ├── DropoffError            the file is where no file may be loaded from
        ├── SupersededError         a newer attempt of the same load has taken over
        ├── CancelledError          somebody stopped the load
        └── RejectedError           a reviewer rejected the load at the change gate

The split alone decides on retries (a habit taken from dlt, ``common/exceptions.py``). Each error says
what happened, where, and what to do about it.
"""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Iterator
from typing import ClassVar

__all__ = [
    "AirflowAwayError",
    "CancelledError",
    "ClosedTableError",
    "ConfigurationError",
    "ConnectionLostError",
    "DataError",
    "DatabaseError",
    "DeadlockError",
    "DropoffError",
    "FileBusyError",
    "FileChangedError",
    "FormatError",
    "GaveWayError",
    "HeldError",
    "LockTimeoutError",
    "NotInitialisedError",
    "OrphansError",
    "PermanentError",
    "PermissionDeniedError",
    "RefdataError",
    "RejectedError",
    "SchemaError",
    "StoppedError",
    "StorageFullError",
    "SupersededError",
    "ThrottledError",
    "TransientError",
    "named_in_errors",
    "sentence",
    "text_of",
    "unforeseen",
]


_ADVICE = " What to do: "
_FRAMES = 4
"""Number of innermost calls that describe an unforeseen error."""


class RefdataError(Exception):
    """Base of the tree.

    :param what: what happened, in one sentence without row values or secrets.
    :param where: the file, line, table, setting or server where it happened.
    :param advice: what the reader of the message should do.
    """

    category: ClassVar[str] = "internal"

    def __init__(self, what: str, *, where: str = "", advice: str = "") -> None:
        super().__init__(what, where, advice)
        self.what = what
        self.where = where
        self.advice = advice

    @property
    def reason(self) -> str:
        """The error and its place, without the advice."""
        return text_of(self.what, self.where, "")

    def __str__(self) -> str:
        return text_of(self.what, self.where, self.advice)

    def __reduce__(self) -> tuple[object, ...]:
        """Lets keyword-only arguments survive pickling between processes."""
        return _rebuild, (type(self), self.what, self.where, self.advice)


def text_of(what: str, where: str, advice: str) -> str:
    """The error, its place and the advice, as one text for people.

    >>> text_of("Row 7 is damaged", "rates.csv", "Correct the line")
    'Row 7 is damaged [rates.csv]. What to do: Correct the line.'
    >>> text_of("Load it without price?", "rates.csv", "")
    'Load it without price? [rates.csv].'
    """
    place = f" [{where}]" if where else ""
    return f"{_sentence(what, place)}{f'{_ADVICE}{sentence(advice)}' if advice else ''}"


def sentence(text: str) -> str:
    """The text with one full stop behind it; ``""`` stays empty.

    >>> sentence("Start it"), sentence("Is it there?")
    ('Start it.', 'Is it there?')
    """
    return _sentence(text) if text else ""


def be(count: int) -> str:
    """The verb after a number: ``1 is``, ``0 are``, ``2 are``."""
    return "is" if count == 1 else "are"


def _sentence(text: str, ending: str = "") -> str:
    """The text and its ending, followed by a single full stop; a question keeps its mark before the ending."""
    text = text.rstrip()
    if text.endswith(("?", "!")):
        return f"{text}{ending}." if ending else text
    return f"{text.removesuffix('.')}{ending}."


def unforeseen(error: BaseException) -> RefdataError:
    """Describes an unforeseen exception by its type and the places that it passed through.

    Its text is left out, since a library may quote a row or a secret in it; raise the result ``from None``.
    """
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    places = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} in {frame.name}" for frame in reversed(frames)]
    return RefdataError(
        f"Unforeseen error {type(error).__name__}",
        where=", from ".join(places),
        advice="If a retry does not help, report it with these places and, if allowed, the file.",
    )


@contextlib.contextmanager
def named_in_errors(local: str, name: str) -> Iterator[None]:
    """Names a file by its own name in the errors raised meanwhile, in place of the local path of what is read."""
    try:
        yield
    except RefdataError as error:
        error.where = error.where.replace(local, name)
        raise


def _rebuild(cls: type[RefdataError], what: str, where: str, advice: str) -> RefdataError:
    return cls(what, where=where, advice=advice)


class TransientError(RefdataError):
    """A later retry can succeed; nothing is wrong with the file."""

    category: ClassVar[str] = "transient"


class ConnectionLostError(TransientError):
    """The database connection was lost or cannot be made."""

    category: ClassVar[str] = "connection"


class DeadlockError(TransientError):
    """The server chose this session as deadlock victim (SQL Server error 1205)."""

    category: ClassVar[str] = "deadlock"


class LockTimeoutError(TransientError):
    """A lock was not granted in time (SQL Server error 1222, SQLite ``database is locked``)."""

    category: ClassVar[str] = "lock_timeout"


class ThrottledError(TransientError):
    """The server asks its clients to slow down (such as Azure SQL 10928, 10929 and 40501)."""

    category: ClassVar[str] = "throttled"


class FileBusyError(TransientError):
    """Another process has locked the file."""

    category: ClassVar[str] = "file_busy"


class FileChangedError(TransientError):
    """The file is not the one that was released; the watcher picks it up again."""

    category: ClassVar[str] = "file_changed"


class StorageFullError(TransientError):
    """No space is left on a disk, in a database file or in a transaction log."""

    category: ClassVar[str] = "storage_full"


class StoppedError(TransientError):
    """Airflow stopped the task and will run it again: its worker was shut down, or somebody cleared it."""

    category: ClassVar[str] = "stopped"


class AirflowAwayError(TransientError):
    """Airflow's API server does not answer a task, or no worker began the task in time."""

    category: ClassVar[str] = "airflow"


class GaveWayError(TransientError):
    """The load waits for one that cannot begin now, and other loads need its place among Airflow's runs."""

    category: ClassVar[str] = "gave_way"


class HeldError(TransientError):
    """The change gate requires an approval for the load, and none was given."""

    category: ClassVar[str] = "held"


class PermanentError(RefdataError):
    """A retry changes nothing: the file, a setting or a permission has to change first."""

    category: ClassVar[str] = "permanent"


class FormatError(PermanentError):
    """The bytes cannot be read safely as CSV."""

    category: ClassVar[str] = "format"


class SchemaError(PermanentError):
    """The file's columns do not fit the table."""

    category: ClassVar[str] = "schema"


class DataError(PermanentError):
    """Rows were rejected, or the counts of rows do not add up."""

    category: ClassVar[str] = "data"


class OrphansError(DataError):
    """Rows of other tables would refer to nothing after an undo; a person may accept that (``on_orphans: hold``)."""

    category: ClassVar[str] = "orphans"


class ClosedTableError(DataError):
    """A person retired or deleted the table, so it takes no files until it is opened again."""

    category: ClassVar[str] = "closed_table"


class DatabaseError(PermanentError):
    """The database refused with an error that refdata does not know."""

    category: ClassVar[str] = "database"


class ConfigurationError(PermanentError):
    """A setting or a table's contract is wrong."""

    category: ClassVar[str] = "configuration"


class NotInitialisedError(ConfigurationError):
    """The ledger does not exist yet: nothing has been loaded here."""

    category: ClassVar[str] = "not_initialised"


class PermissionDeniedError(PermanentError):
    """A right is missing, on disk or in the database."""

    category: ClassVar[str] = "permission"


class DropoffError(PermanentError):
    """The file is where no file may be loaded from."""

    category: ClassVar[str] = "dropoff"


class SupersededError(PermanentError):
    """A newer attempt of the same load has taken over; this one stops without effect."""

    category: ClassVar[str] = "superseded"


class CancelledError(PermanentError):
    """Somebody, or ``load_timeout``, stopped the load."""

    category: ClassVar[str] = "cancelled"


class RejectedError(PermanentError):
    """A reviewer, or the stated default, rejected the load at the change gate."""

    category: ClassVar[str] = "rejected"
