"""Maps SQL Server's error numbers, and ODBC's SQLSTATEs, to the error tree. Pure.

Numbers: https://learn.microsoft.com/sql/relational-databases/errors-events/database-engine-events-and-errors
Azure's transient ones: https://learn.microsoft.com/azure/azure-sql/database/troubleshoot-common-errors-issues
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from refdata.core.diagnosis import Trouble
from refdata.core.errors import (
    ConfigurationError,
    ConnectionLostError,
    DatabaseError,
    DataError,
    DeadlockError,
    LockTimeoutError,
    PermissionDeniedError,
    RefdataError,
    SchemaError,
    StorageFullError,
    ThrottledError,
)


@dataclass(frozen=True, slots=True)
class DriverError:
    """The content of a driver's exception: the server's number, ODBC's state, the text.

    ``number`` is None where the driver does not give it, ``state`` ``""`` where there is none.
    """

    number: int | None
    state: str
    text: str


@dataclass(frozen=True, slots=True)
class Fault:
    """The class of an error, what to do, and its name in a diagnosis."""

    kind: type[RefdataError]
    advice: str
    trouble: Trouble | None = None


_LOST = Fault(
    ConnectionLostError,
    "Check that the server is running and reachable; with encryption on, the worker must trust its certificate.",
    Trouble.UNREACHABLE,
)
_DEADLOCK = Fault(DeadlockError, "Nothing: it is retried.")
_LOCKED = Fault(LockTimeoutError, "Nothing: it is retried. Raise lock_timeout if it recurs.")
_THROTTLED = Fault(ThrottledError, "Nothing: it is retried later. Raise the database's tier if it recurs.")
_FULL = Fault(StorageFullError, "Free up or add space: back up the log, or grow the file named in the message.")
_LOGIN = Fault(PermissionDeniedError, "Check the login and password of the Airflow connection.", Trouble.LOGIN_REFUSED)
_DATABASE = Fault(
    ConfigurationError, "Create the database, or correct its name in the Airflow connection.", Trouble.DATABASE_MISSING
)
_RIGHT = Fault(
    PermissionDeniedError, "Ask the DBA to run the grant scripts in include/sql/mssql/README.md.", Trouble.RIGHT_MISSING
)
_DATA = Fault(DataError, "Compare the file's values with the table's types and constraints.")
_SCHEMA = Fault(
    SchemaError, "Compare the table with the file; run `refdata init-db` if one of refdata's tables is missing."
)
_BOUND = Fault(
    SchemaError, "An index, key or constraint depends on the column: widen it by hand, then load the file again."
)
_REFERRED = Fault(
    SchemaError, "A foreign key refers to the table: set publish_method to auto, then load the file again."
)
_TOO_WIDE = Fault(
    SchemaError, "A row takes more than 8,060 bytes; the load's warnings name the columns. Split the file into tables."
)
_SAME_NAME = Fault(
    SchemaError,
    "The database's collation calls two column names equal, which may differ in case, accents, width or kana:"
    " rename one in the file's header.",
)
_MEMORY_OPTIMISED = Fault(SchemaError, "A memory-optimised table cannot be loaded: create it as a table on disk.")
_HISTORY = Fault(
    SchemaError, "The database versions this table by itself: load the current table, with publish_method auto."
)
_PUBLISHED = Fault(SchemaError, "Change data capture or replication reads the table: set publish_method to auto.")
_TOO_COMPLEX = Fault(
    SchemaError,
    "The table has too many columns for one comparison: set publish_method to delete for it, or split the table.",
)
_ROW_TOO_WIDE_TO_SORT = Fault(
    SchemaError, "The key's columns and texts are too wide to sort: declare a shorter key, or split the file."
)
_WAKING = Fault(
    ConnectionLostError,
    "Create the database, or correct its name in the Airflow connection. It is retried, because a serverless database"
    " that is resuming and one in failover answer the same.",
    Trouble.DATABASE_MISSING,
)
_READ_ONLY = Fault(
    ConnectionLostError,
    "Remove ApplicationIntent=ReadOnly from the Airflow connection, and name the primary or the group's listener."
    " It is retried, because a database in failover answers the same.",
    Trouble.UNREACHABLE,
)
_PROCEDURE = Fault(ConfigurationError, "Compare the procedure's name and parameters with docs/connections.md.")
_RAISED = Fault(DataError, "A trigger or a procedure in the database refused; its message says why.")
_UNKNOWN = Fault(DatabaseError, "Look up the number in SQL Server's documentation, or ask the DBA.")

_BY_NUMBER: dict[Fault, tuple[int, ...]] = {
    _DEADLOCK: (1205, 3960, 41302, 41305, 41325, 41839),
    _LOCKED: (1222, 3635, 5245),
    _LOGIN: (18452, 18456, 18463, 18464, 18465, 18466, 18467, 18468, 18470, 18486, 18487, 18488, 40532, 40615),
    _DATABASE: (911, 4063, 4064),
    _WAKING: (4060,),
    _READ_ONLY: (3906, 3908, 978),
    _SAME_NAME: (2705,),
    _TOO_WIDE: (511, 1701, 1708),
    _TOO_COMPLEX: (8618, 8623, 8631, 8632),
    _ROW_TOO_WIDE_TO_SORT: (1540,),
    _MEMORY_OPTIMISED: (10794, 41368, 41317, 12317),
    _HISTORY: (13536, 13537, 13545, 13560, 13561, 13575),
    _PUBLISHED: (4711,),
    _RIGHT: (229, 230, 262, 297, 300, 916, 2557, 2571, 2760, 3110, 4834, 6004, 10011, 15151, 15247, 15406, 21089),
    _FULL: (1101, 1105, 3257, 5149, 9002, 40544, 40549, 40551, 40552),
    _THROTTLED: (
        *(701, 802, 8628, 8645, 8651, 8657, 10922, 10928, 10929, 10930, 10936, 17809, 17889),
        *(40143, 40197, 40501, 40540, 40550, 40553, 40613, 42108, 42109, 49918, 49919, 49920),
    ),
    _LOST: (
        *(2, 20, 53, 64, 121, 233, 258, 596, 615, 617, 921, 922, 923, 924, 926, 927, 942, 945, 952, 954, 976, 979),
        *(981, 982, 983, 4221, 5120, 6005, 10053, 10054, 10060, 10061, 11001, 14355, 17142, 17148),
        *(17187, 17197, 18401, 18451, 18461),
        # DB-Library's own: https://github.com/FreeTDS/freetds/blob/master/include/sybdb.h
        *(20002, 20003, 20004, 20006, 20008, 20009, 20017, 20019, 20047, 20056),
    ),
    _BOUND: (1771, 3723, 3725, 3727, 3728, 4922, 4928, 4929, 5074),
    _REFERRED: (4712,),
    _SCHEMA: (
        *(170, 206, 207, 208, 213, 257, 260, 273, 529, 544, 1702, 1750, 1779, 1781, 1919, 2714),
        *(3701, 3729, 3730, 4121, 4502, 4701, 4901, 4902, 4924, 4925, 8101, 8102, 8106, 15248),
    ),
    _DATA: (
        *(220, 232, 235, 241, 242, 244, 245, 248, 271, 293, 295, 296, 515, 517, 547, 2601, 2627, 2628, 3621),
        *(8114, 8115, 8134, 8152, 9420, 9438, 9441, 13609),
    ),
    _PROCEDURE: (201, 214, 2812, 8144, 8145, 8146, 8162, 8178, 16915),
}
_NUMBERS = {number: fault for fault, numbers in reversed(_BY_NUMBER.items()) for number in numbers}

_BY_STATE = {
    # https://learn.microsoft.com/sql/odbc/reference/appendixes/appendix-a-odbc-error-codes
    "08": _LOST,
    "HYT01": _LOST,
    "HYT00": _LOCKED,
    "40001": _DEADLOCK,
    "28": _LOGIN,
    "3D": _DATABASE,
    "IM": Fault(
        ConfigurationError, "Install the ODBC driver, and name it in the Airflow connection.", Trouble.UNREACHABLE
    ),
    "22": _DATA,
    "23": _DATA,
    "42S": _SCHEMA,
}

_FIRST_POSTGRES = 1 << 24
_LOGIN_TIMEOUT = re.compile("login timeout expired", re.IGNORECASE)
"""ODBC drivers say it in HYT00, the state of a statement that waits too long."""
_DENIED = re.compile("permission denied|must be owner")
_STARTING = re.compile("not yet accepting connections|database system is (starting up|shutting down|in recovery)")

_VALUES = re.compile(r"""(values?(?: is|:)? |: |\)=|contains )('.*'|".*"|\(.*\))""", re.DOTALL)
"""Greedy, because a value may contain its closing mark; what a message names comes before the value, and a type after
it has no marks. 245, 248, 2601, 2627 and 2628 (https://learn.microsoft.com/sql/relational-databases/errors-events/
mssqlserver-2628-database-engine-error), and PostgreSQL's, which Babelfish passes on: 22P02, 22008, 22003, 23505."""
_MARKED = re.compile(r"""'.*'|".*"|\(.*\)""", re.DOTALL)
"""Anything between quotation marks: an unforeseen error may quote a statement, and with it a row."""
_NAMING = frozenset((515, 547, 8152))
"""Data errors whose text names only tables and constraints."""
_LONGEST = 1000


def fault_of(error: DriverError) -> Fault:
    """The class of an error; decided by the number, or by the SQLSTATE where there is none."""
    if error.number in _NUMBERS:
        return _NUMBERS[error.number]
    state = error.state
    if _LOGIN_TIMEOUT.search(error.text):
        return _LOST
    if error.number is not None and error.number >= 50000:
        if error.number < _FIRST_POSTGRES:
            return _RAISED
        if _DENIED.match(error.text):
            return _RIGHT
        if _STARTING.search(error.text):
            return _LOST
        state = _postgres_state(error.number)
    return next((_BY_STATE[state[:width]] for width in (5, 3, 2) if state[:width] in _BY_STATE), _UNKNOWN)


def _postgres_state(number: int) -> str:
    """The SQLSTATE in a Babelfish error number that is not mapped to one of SQL Server's: six bits per character.

    https://github.com/postgres/postgres/blob/master/src/include/utils/elog.h (PGSIXBIT)
    """
    return "".join(chr((number >> shift & 0x3F) + ord("0")) for shift in range(0, 30, 6))


def translate(error: DriverError, where: str, *, secrets: Sequence[str] = ()) -> RefdataError:
    """The driver's error as one of the error tree, without row values and without ``secrets``.

    A message of a trigger or a procedure (50000 and up) is the DBA's own text and stays unchanged.
    """
    fault = fault_of(error)
    number = f" (error {error.number})" if error.number is not None else f" ({error.state})" if error.state else ""
    said = _clean(error, fault, secrets)
    return fault.kind(f"SQL Server{number}: {said}", where=where, advice=fault.advice)


def _clean(error: DriverError, fault: Fault, secrets: Sequence[str]) -> str:
    text = error.text
    for secret in secrets:  # before blanks are joined, as a secret may contain some
        text = text.replace(secret, "***")
    said = _hidden(" ".join(text.split()) or "no message", error.number, fault)
    return said if len(said) <= _LONGEST else f"{said[: _LONGEST - 1]}…"


def _hidden(said: str, number: int | None, fault: Fault) -> str:
    """The text without anything that may be a row value."""
    if fault is _UNKNOWN:
        return _MARKED.sub("(hidden)", said)
    if fault is not _DATA:
        return said
    masked = _VALUES.sub(r"\1(hidden)", said)
    # In any other login language, nothing distinguishes a value from a name.
    return _MARKED.sub("(hidden)", said) if masked == said and number not in _NAMING else masked
