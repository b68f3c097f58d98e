"""SQL Server through pymssql and mssql-python, with a test button that says what is wrong.

It takes the same fields and extras as Airflow's ``mssql``, which works as well.
"""

from __future__ import annotations

from refdata.hooks._diagnosed import DiagnosedMixin
from refdata.warehouse.mssql.hook import SecureMsSqlHook


class RefdataMsSqlHook(DiagnosedMixin, SecureMsSqlHook):  # type: ignore[misc]  # Airflow's is untyped
    """SQL Server by pymssql and mssql-python."""

    conn_name_attr = "refdata_mssql_conn_id"
    default_conn_name = "refdata_default"
    conn_type = "refdata_mssql"
    hook_name = "refdata: SQL Server"
