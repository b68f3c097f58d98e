"""Distinguishes an unreachable server, a refused login, a missing database and a missing permission."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence

from refdata.core.diagnosis import Diagnosis, Trouble
from refdata.core.errors import RefdataError, TransientError
from refdata.core.model import TableName
from refdata.warehouse.tsql.driver import Driver, TsqlSession
from refdata.warehouse.tsql.errors import fault_of, translate

_Right = tuple[str, str, bool | None]
"""Securable, permission, and whether it is granted; None where the securable does not exist."""


def diagnose(driver: Driver, statement: Callable[[str], str], ledger: TableName) -> Diagnosis:
    """Opens one connection, without retrying, and checks the permissions and the ledger."""
    try:
        connection = driver.connect()
    except RefdataError as error:
        return Diagnosis.of(Trouble.UNREACHABLE, error)
    except BaseException as error:
        read = driver.read_error(error)
        if read is None:
            raise
        trouble = fault_of(read).trouble or Trouble.UNREACHABLE
        return Diagnosis.of(trouble, translate(read, driver.where, secrets=driver.secrets))
    with contextlib.closing(connection):
        return _looked_at(TsqlSession(connection, driver), driver, statement, ledger)


def _looked_at(session: TsqlSession, driver: Driver, statement: Callable[[str], str], ledger: TableName) -> Diagnosis:
    try:
        rights = [(str(row[0]), str(row[1]), row[2]) for row in session.query(statement("select_rights"))]
        columns = session.query(statement("select_columns"), (ledger.schema, ledger.name))
    except RefdataError as error:
        # The connection may break between the login and the query.
        trouble = Trouble.UNREACHABLE if isinstance(error, TransientError) else Trouble.RIGHT_MISSING
        return Diagnosis.of(trouble, error)
    return verdict(rights, bool(columns), driver.where)


def verdict(rights: Sequence[_Right], has_ledger: bool, where: str) -> Diagnosis:
    """The verdict from the permissions and the ledger's presence. Pure."""
    lacking = [f"{right} on {securable}" for securable, right, held in rights if held is not None and not held]
    if lacking:
        advice = "Ask the DBA to run the grant scripts in include/sql/mssql/README.md"
        return Diagnosis(Trouble.RIGHT_MISSING, f"{where}: the login lacks {', '.join(lacking)}. {advice}")
    if not has_ledger or any(held is None for _, _, held in rights):
        return Diagnosis(Trouble.NOT_INITIALISED, f"{where} has no ledger: run `refdata init-db`")
    return Diagnosis(None, f"{where} is ready")
