"""Connection types whose test button tells what is wrong, where Airflow's own say only that it failed.

They take the same fields and extras as ``mssql`` and ``odbc``, which work as well.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from refdata.config import load_settings
from refdata.core.errors import RefdataError
from refdata.warehouse.connect import open_warehouse
from refdata.warehouse.mssql.hook import SecureMsSqlHook
from refdata.warehouse.odbc.hook import SecureOdbcHook


class _DiagnosedMixin:
    """``test_connection`` by way of the warehouse that loads use."""

    conn_name_attr: str

    def test_connection(self) -> tuple[bool, str]:
        """Whether loads can run over this connection, and a sentence: unreachable, login refused, database
        missing, right missing, or not initialised."""
        try:
            settings = dataclasses.replace(load_settings(), conn_id=getattr(self, self.conn_name_attr))
            found = open_warehouse(settings).diagnose()
        except RefdataError as error:
            return False, str(error)
        return found.ok, found.message if found.trouble is None else f"{found.trouble}: {found.message}"


def _fields(**placeholders: str) -> dict[str, Any]:
    return {"hidden_fields": [], "relabeling": {"schema": "Database"}, "placeholders": placeholders}


class RefdataMsSqlHook(_DiagnosedMixin, SecureMsSqlHook):  # type: ignore[misc]  # Airflow's is untyped
    """SQL Server by pymssql and mssql-python."""

    conn_name_attr = "refdata_mssql_conn_id"
    default_conn_name = "refdata_default"
    conn_type = "refdata_mssql"
    hook_name = "refdata: SQL Server"

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """The form: Schema is called Database."""
        return _fields(port="1433", extra='{"encrypt": "yes", "trust_server_certificate": "no"}')


class RefdataOdbcHook(_DiagnosedMixin, SecureOdbcHook):  # type: ignore[misc]  # Airflow's is untyped
    """SQL Server by ODBC."""

    conn_name_attr = "refdata_odbc_conn_id"
    default_conn_name = "refdata_default"
    conn_type = "refdata_odbc"
    hook_name = "refdata: SQL Server by ODBC"

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """The form: Schema is called Database."""
        return _fields(port="1433", extra='{"Authentication": "ActiveDirectoryServicePrincipal"}')
