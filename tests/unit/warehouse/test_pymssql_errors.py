"""pymssql's exceptions, whose number may be that of an earlier error of the process: texts seen with FreeTDS 1.5."""

from __future__ import annotations

import pymssql
import pytest

from refdata.core.diagnosis import Trouble
from refdata.warehouse.mssql.pymssql_driver import read_error
from refdata.warehouse.tsql.errors import fault_of

FAILED = b"DB-Lib error message 20002, severity 9:\nTDS server connection failed (h)\n"
NO_SERVER = b"DB-Lib error message 20009, severity 9:\nUnable to connect: TDS server is unavailable (h)\n"
SEEN = [
    # the number in the message, text, what it is
    (20009, NO_SERVER, Trouble.UNREACHABLE),
    (911, NO_SERVER, Trouble.UNREACHABLE),
    (911, "Unknown error", Trouble.UNREACHABLE),
    (911, b"DB-Lib error message 20018, severity 14:\nGeneral SQL Server error\n" + FAILED, Trouble.LOGIN_REFUSED),
    (20018, b"DB-Lib error message 20018, severity 16:\nGeneral SQL Server error\n" + FAILED, Trouble.DATABASE_MISSING),
    (911, b'database "x" does not existDB-Lib error message 20018, severity 16:\n' + FAILED, Trouble.DATABASE_MISSING),
    (18456, b"Login failed for user 'x'.DB-Lib error message 20018, severity 14:\n" + FAILED, Trouble.LOGIN_REFUSED),
    (18456, b'Cannot open database "x".DB-Lib error message 20018, severity 14:\n' + FAILED, Trouble.DATABASE_MISSING),
]


@pytest.mark.parametrize(("number", "text", "trouble"), SEEN)
def test_the_trouble_is_this_connections_and_no_earlier_ones(number: int, text: str | bytes, trouble: Trouble) -> None:
    assert fault_of(read_error(pymssql.OperationalError((number, text)))).trouble is trouble
