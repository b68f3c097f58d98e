"""Tells apart a server that cannot be reached, a refused login, a missing database and a missing right."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence

from refdata.core.diagnosis import Diagnosis, Trouble
from refdata.core.errors import RefdataError, TransientError
from refdata.core.model import TableName
from refdata.warehouse.tsql.driver import Driver, TsqlSession
from refdata.warehouse.tsql.errors import fault_of, translate

Right = tuple[str, str, bool | None]
"""Securable, right, and whether it is held; None where the securable is not there."""


def diagnose(driver: Driver, statement: Callable[[str], str], ledger: TableName) -> Diagnosis:
    """Opens one connection, without trying twice, and looks at the rights and the ledger."""
    try:
        connection = driver.connect()
    except RefdataError as error:
        return Diagnosis(Trouble.UNREACHABLE, str(error))
    except BaseException as error:
        read = driver.read_error(error)
        if read is None:
            raise
        trouble = fault_of(read).trouble or Trouble.UNREACHABLE
        return Diagnosis(trouble, str(translate(read, driver.where, secrets=driver.secrets)))
    with contextlib.closing(connection):
        return _looked_at(TsqlSession(connection, driver), driver, statement, ledger)


def _looked_at(session: TsqlSession, driver: Driver, statement: Callable[[str], str], ledger: TableName) -> Diagnosis:
    try:
        rights = [(str(row[0]), str(row[1]), row[2]) for row in session.query(statement("select_rights"))]
        columns = session.query(statement("select_columns"), (ledger.schema, ledger.name))
    except RefdataError as error:
        # The line may break between the login and the question.
        trouble = Trouble.UNREACHABLE if isinstance(error, TransientError) else Trouble.RIGHT_MISSING
        return Diagnosis(trouble, str(error))
    return verdict(rights, bool(columns), driver.where)


def verdict(rights: Sequence[Right], has_ledger: bool, where: str) -> Diagnosis:
    """What the rights and the ledger's presence come to. Pure."""
    lacking = [f"{right} on {securable}" for securable, right, held in rights if held is not None and not held]
    if lacking:
        advice = "Let the DBA run the grant scripts of include/sql/mssql/README.md"
        return Diagnosis(Trouble.RIGHT_MISSING, f"{where}: the login lacks {', '.join(lacking)}. {advice}")
    if not has_ledger or any(held is None for _, _, held in rights):
        return Diagnosis(Trouble.NOT_INITIALISED, f"{where} has no ledger: run `refdata init-db`")
    return Diagnosis(None, f"{where} is ready")
