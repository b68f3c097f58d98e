"""The databases that the integration tests run against: SQLite always, T-SQL where a server is named.

``REFDATA_TEST_MSSQL_URI`` is an Airflow connection URI of an existing, empty database whose login may create
schemas: ``mssql://user:password@host:port/database?encrypt=no&bulk_port=1434``. ``REFDATA_TEST_ODBC_DRIVER``
may name an ODBC driver; without it Microsoft's is taken, installed or out of mssql-python.
"""

from __future__ import annotations

import dataclasses
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from refdata.core.model import TableName
from refdata.core.naming import fold_name
from refdata.core.owntables import SCHEMA_TABLE, own_tables
from refdata.core.publishing import qualified
from refdata.core.settings import Settings
from refdata.sqlfiles import stage_schema
from refdata.warehouse.base import Warehouse
from refdata.warehouse.connect import open_warehouse
from refdata.warehouse.odbc.library import missing_library

URI = os.environ.get("REFDATA_TEST_MSSQL_URI", "")
CONN_ID = "refdata_test"
SCHEMAS = {"ref_schema": f"ref_{os.getpid()}", "bkp_schema": f"bkp_{os.getpid()}"}
_initialised: list[str] = []

NO_ODBC = "ODBC cannot be used on this machine: install unixODBC (Debian: apt-get install unixodbc)"
"""Why a test of the ODBC engine skips where pyodbc finds no driver manager."""


live = pytest.mark.live
_needs_server = pytest.mark.skipif(not URI, reason="REFDATA_TEST_MSSQL_URI names no T-SQL server")

SQLITE = pytest.param("sqlite", id="sqlite")
MSSQL = pytest.param("mssql", id="mssql", marks=(live, _needs_server))
MSSQL_PYTHON = pytest.param("mssql_python", id="mssql_python", marks=(live, _needs_server))
needs_odbc = pytest.mark.skipif(bool(missing_library()), reason=NO_ODBC)
ODBC = pytest.param("odbc", id="odbc", marks=(live, _needs_server, needs_odbc))
TSQL = (MSSQL, ODBC)
ALL = (SQLITE, *TSQL)


@dataclass(frozen=True)
class Server:
    """The parts of ``REFDATA_TEST_MSSQL_URI``."""

    host: str
    port: int
    database: str
    login: str
    password: str
    extra: dict[str, str]

    @classmethod
    def named(cls) -> Server:
        parts = urlsplit(URI)
        return cls(
            parts.hostname or "",
            parts.port or 1433,
            parts.path.strip("/"),
            unquote(parts.username or ""),
            unquote(parts.password or ""),
            dict(parse_qsl(parts.query)),
        )

    def connection(self, engine: str, **changes: Any) -> dict[str, Any]:
        """An Airflow connection as JSON has it; ``changes`` replace its fields."""
        fields = {
            "conn_type": "odbc" if engine == "odbc" else "mssql",
            "host": self.host,
            "port": self.port,
            "schema": self.database,
            "login": self.login,
            "password": self.password,
            "extra": self._extra(engine),
        }
        return {**fields, **changes}

    def _extra(self, engine: str) -> dict[str, str]:
        if engine != "odbc":
            return {**self.extra, **({"driver": "mssql-python"} if engine == "mssql_python" else {})}
        words = {"encrypt": "Encrypt", "trust_server_certificate": "TrustServerCertificate"}
        return {words[name]: value for name, value in self.extra.items() if name in words}


@dataclass
class Database:
    """A warehouse that one test has for itself, and shorthands for looking into it."""

    engine: str
    settings: Settings
    warehouse: Warehouse

    @property
    def is_sqlite(self) -> bool:
        return self.engine == "sqlite"

    @property
    def is_babelfish(self) -> bool:
        return not self.is_sqlite and "Babelfish" in self.rows("SELECT @@VERSION")[0][0]

    def skip_on_babelfish(self, reason: str) -> None:
        if self.is_babelfish:
            pytest.skip(f"Babelfish {reason}")

    def run(self, sql: str, *values: object) -> int:
        with self.warehouse.transaction() as session:
            return session.execute(self.named(sql), values)

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with self.warehouse.transaction(write=False) as session:
            return [tuple(row) for row in session.query(self.named(sql), values)]

    def named(self, sql: str) -> str:
        """The statement with this database's schemas in place of ``ref.`` and ``bkp.``."""
        return sql.replace("ref.", f"[{self.settings.ref_schema}].").replace("bkp.", f"[{self.settings.bkp_schema}].")

    def table(self, name: str, schema: str = "ref") -> TableName:
        return TableName(self.settings.ref_schema if schema == "ref" else self.settings.bkp_schema, name)

    def reopened(self, **changes: Any) -> Database:
        """The same database under other settings."""
        settings = dataclasses.replace(self.settings, **changes)
        return Database(self.engine, settings, open_warehouse(settings))

    def clear(self) -> None:
        """Takes away what a test made: its tables, procedures and rows."""
        if self.is_sqlite:
            return
        own = tuple(fold_name(name) for name in own_tables(self.settings))
        for schema in (self.settings.ref_schema, self.settings.bkp_schema, stage_schema(self.settings)):
            for kind, catalog in (("PROCEDURE", "sys.procedures"), ("VIEW", "sys.views"), ("TABLE", "sys.tables")):
                own_schema = "JOIN sys.schemas AS s ON s.schema_id = o.schema_id"
                found = f"SELECT CAST(o.name AS NVARCHAR(128)) FROM {catalog} AS o {own_schema}"
                for (name,) in self.rows(f"{found} WHERE s.name = ?", schema):
                    if fold_name(name) not in own:
                        self.run(f"DROP {kind} {qualified(TableName(schema, name))}")
        for name in own_tables(self.settings):
            if name != SCHEMA_TABLE:
                self.run(f"DELETE FROM ref.[{name}]")

    def drop(self) -> None:
        """Takes away the schemas too."""
        self.clear()
        for name in own_tables(self.settings):
            self.run(f"DROP TABLE ref.[{name}]")
        for schema in (self.settings.ref_schema, self.settings.bkp_schema, stage_schema(self.settings)):
            self.run(f"DROP SCHEMA [{schema}]")


def open_database(engine: str, folder: Path, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> Database:
    """An empty, initialised warehouse; the Airflow connection is in the environment.

    T-SQL tests of one process share their schemas, which take seconds to make on some servers.
    """
    if engine == "sqlite":
        (folder / "warehouse").mkdir(exist_ok=True)
        connection: dict[str, Any] = {"conn_type": "sqlite", "host": str(folder / "warehouse" / "refdata.db")}
    else:
        connection = Server.named().connection(engine)
        changes = {**SCHEMAS, **changes}
    monkeypatch.setenv(f"AIRFLOW_CONN_{CONN_ID.upper()}", json.dumps(connection))
    settings = Settings(conn_id=CONN_ID, **changes)
    database = Database(engine, settings, open_warehouse(settings))
    if engine == "sqlite":
        database.warehouse.initialise()
    elif not _initialised:
        database.warehouse.initialise()
        _initialised.append(engine)
    return database


def drop_schemas(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes away what the tests of this process made on the T-SQL server."""
    if _initialised and URI:
        open_database("mssql", folder, monkeypatch).drop()
