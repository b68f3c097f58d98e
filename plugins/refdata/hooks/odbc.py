"""SQL Server by ODBC, with a test button that says what is wrong: first of all, that no driver manager is installed.

It takes the same fields and extras as Airflow's ``odbc``, which works as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.sdk import BaseHook

from refdata.hooks._diagnosed import DiagnosedMixin

if TYPE_CHECKING:
    from refdata.warehouse.odbc.hook import SecureOdbcHook
else:
    try:
        from refdata.warehouse.odbc.hook import SecureOdbcHook
    except ImportError:
        # pyodbc needs unixODBC's library. Without it the type must still be there, for its test button to say so.
        class SecureOdbcHook(BaseHook):
            """Stands in where ODBC cannot be used: it knows its connection's name, and opens nothing."""

            def __init__(self, refdata_odbc_conn_id: str = "refdata_default", **_: object) -> None:
                super().__init__()
                self.refdata_odbc_conn_id = refdata_odbc_conn_id


class RefdataOdbcHook(DiagnosedMixin, SecureOdbcHook):  # type: ignore[misc]  # Airflow's is untyped
    """SQL Server by ODBC."""

    conn_name_attr = "refdata_odbc_conn_id"
    default_conn_name = "refdata_default"
    conn_type = "refdata_odbc"
    hook_name = "refdata: SQL Server by ODBC"
