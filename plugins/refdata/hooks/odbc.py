"""SQL Server through ODBC, with a test button that says what is wrong, such as a missing driver manager.

It takes the same fields and extras as Airflow's ``odbc``, which works as well.
"""

from __future__ import annotations

from typing import Any

from refdata.hooks._diagnosed import DiagnosedMixin
from refdata.warehouse.odbc.library import missing_library, require_library

if missing_library():
    # Airflow's hook cannot be imported then. The type must still be there, for its test button to say so.
    from airflow.providers.common.sql.hooks.sql import DbApiHook

    class _OdbcHook(DbApiHook):
        """Stands in where ODBC cannot be used."""

        def get_conn(self) -> Any:
            """:raises ConfigurationError: with what to install."""
            require_library(f"Airflow connection {getattr(self, self.conn_name_attr)}")

else:
    from refdata.warehouse.odbc.hook import SecureOdbcHook as _OdbcHook


class RefdataOdbcHook(DiagnosedMixin, _OdbcHook):  # type: ignore[misc]  # Airflow's is untyped
    """SQL Server by ODBC."""

    conn_name_attr = "refdata_odbc_conn_id"
    default_conn_name = "refdata_default"
    conn_type = "refdata_odbc"
    hook_name = "refdata: SQL Server by ODBC"
