"""A deployment with a database of its own that can be put back to where a scenario starts."""

from __future__ import annotations

import abc
import contextlib
import dataclasses
import json
import os
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

# Modules that a load imports on use are imported here: otherwise each of the many forked processes would do so.
import adbc_driver_sqlite.dbapi  # noqa: F401

import refdata.csvformat.detection
import refdata.csvformat.reader
import refdata.csvformat.scan
import refdata.warehouse.mssql.engine
import refdata.warehouse.sqlite.engine  # noqa: F401
from refdata.config import absolute
from refdata.core.model import TableName
from refdata.core.owntables import CLOSED_TABLE, SCHEMA_TABLE, own_tables
from refdata.core.publishing import qualified
from refdata.core.settings import Settings
from refdata.dropoff import Dropoff, ensure_tree
from refdata.ingest.context import Deps
from refdata.sqlfiles import stage_schema
from refdata.warehouse.connect import open_warehouse
from refdata.warehouse.tsql.pool import close_pools
from refdata.wiring import table_rules
from tests.integration.engines import Server
from tests.integration.places import Bucket

CONN_ID = "refdata_trust"
NOW = datetime(2024, 12, 1, 12, 0, 0)  # noqa: DTZ001  the ledger's times are naive UTC
EARLIER = 1_700_000_000
"""Seconds since the epoch: mtime of the first file that is dropped; one of order n is n seconds younger."""


UNASKED: dict[str, Any] = {"on_missing_column": "null", "on_type_change": "widen", "on_older_content": "load"}
"""Settings under which no load waits for a person: the harness has none."""


class Site(abc.ABC):
    """Folders below ``home``, and a database; Airflow's files are beside it."""

    def __init__(self, folder: Path, bucket: Bucket | None = None, **changes: Any) -> None:
        self.home = folder / "site"
        self.book = folder / "airflow.jsonl"
        self.bucket = bucket
        self._saved = folder / "saved"
        self._marks = self.home / "marks"
        root = {"dropoff_root": bucket.address} if bucket else {}
        self.settings = absolute(dataclasses.replace(Settings(conn_id=CONN_ID), **UNASKED | root | changes), self.home)

    @property
    def folders(self) -> dict[str, Path]:
        """The folders that belong to the state."""
        archives = {"processed": self.settings.processed_root, "error": self.settings.error_root}
        outside = {
            name: Path(root) for name, root in archives.items() if root and not Path(root).is_relative_to(self.home)
        }
        inside = {"spool": self.home / "spool"} if self.bucket else {"dropoff": Path(self.settings.dropoff_root)}
        return {**inside, "warehouse": self.home / "warehouse", **outside}

    @property
    def _places(self) -> dict[str, Path]:
        outside = {name: path for name, path in self.folders.items() if not path.is_relative_to(self.home)}
        return {"home": self.home, **outside}

    def make(self) -> None:
        """An empty deployment."""
        for path in (self._saved, *self._places.values()):
            shutil.rmtree(path, ignore_errors=True)
        self.book.unlink(missing_ok=True)
        for path in self.folders.values():
            path.mkdir(parents=True)
        if self.bucket is None:
            ensure_tree(Path(self.settings.dropoff_root))
        else:
            self._marks.mkdir()
            self.bucket.clear()

    def save(self) -> None:
        """Remembers how everything is now."""
        if self.bucket is not None:
            self.bucket.save()
        for name, path in self._places.items():
            shutil.copytree(path, self._saved / name)

    def restore(self) -> None:
        """Puts everything back to how it was saved; runs are forgotten."""
        self.book.unlink(missing_ok=True)
        for name, path in self._places.items():
            shutil.rmtree(path)
            shutil.copytree(self._saved / name, path)
        if self.bucket is not None:
            self.bucket.restore()

    def files(self) -> dict[str, bytes]:
        """The files of the state: of the folders, and of the bucket."""
        files = {
            f"{name}/{path.relative_to(folder)}": path.read_bytes()
            for name, folder in self.folders.items()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
        stored = self.bucket.state() if self.bucket else {}
        return files | {f"dropoff/{path}": content for path, content in stored.items()}

    def is_mark(self, path: str) -> bool:
        """Whether a file marks a change of the bucket."""
        return Path(path).parent == self._marks

    def drop(self, name: str, content: str, *, folder: str, order: int = 0) -> None:
        """Drops a file; one of a higher order is younger. In a bucket each is younger than the one before."""
        if self.bucket is not None:
            self.bucket.put(f"{folder}/{name}", content.encode())
            return
        path = Path(self.settings.dropoff_root) / folder / name
        path.write_text(content, encoding="utf-8")
        os.utime(path, (EARLIER + order, EARLIER + order))

    def connect(self) -> Deps:
        """The environment of a load's steps; call it in the process that uses it."""
        os.environ[f"AIRFLOW_CONN_{CONN_ID.upper()}"] = json.dumps(self._connection())
        return Deps(
            settings=self.settings,
            warehouse=open_warehouse(self.settings),
            dropoff=self.bucket.marked(self._marks, self.home / "spool") if self.bucket else Dropoff.of(self.settings),
            clock=lambda: NOW,
            rules=lambda table: table_rules(self.settings, table),
        )

    @abc.abstractmethod
    def _connection(self) -> dict[str, Any]:
        """The Airflow connection."""


class SqliteSite(Site):
    """The database files are below ``home`` too."""

    def _connection(self) -> dict[str, Any]:
        return {"conn_type": "sqlite", "host": str(self.home / "warehouse" / "refdata.db")}


class TsqlSite(Site):
    """The database is on the server that ``REFDATA_TEST_MSSQL_URI`` names, in schemas of this process.

    A saved table is a copy in a schema beside them, and restored with ``SELECT … INTO``. Tables of refdata's own, with
    their keys and defaults, are emptied and filled again.
    """

    def __init__(self, folder: Path, *, port: int = 0, **changes: Any) -> None:
        schemas = {"ref_schema": f"ref_t{os.getpid()}", "bkp_schema": f"bkp_t{os.getpid()}"}
        super().__init__(folder, **{**schemas, "load_method": "insert", **changes})
        self._port = port
        self._copies = f"old_t{os.getpid()}"
        self._refills: dict[TableName, str] = {}

    def make(self) -> None:
        """An empty deployment."""
        super().make()
        self.connect().warehouse.initialise()
        self._execute(
            f"IF SCHEMA_ID('{self._copies}') IS NULL EXEC('CREATE SCHEMA [{self._copies}]')",
            *(f"DROP TABLE {qualified(table)}" for table in self._others()),
            *(f"DELETE FROM {qualified(table)}" for table in self._own if table.name != SCHEMA_TABLE),
        )

    def save(self) -> None:
        """Remembers how everything is now."""
        super().save()
        tables = [*self._own, *self._others(*self._schemas)]
        self._execute(*(f"SELECT * INTO {qualified(self._copy(table))} FROM {qualified(table)}" for table in tables))

    def restore(self) -> None:
        """Puts everything back to how it was saved; runs are forgotten."""
        super().restore()
        schemas = self._schemas
        statements = [f"DROP TABLE {qualified(table)}" for table in self._others(*schemas)]
        for copy in self._others(self._copies):
            schema, _, name = copy.name.partition("$")
            table = TableName(schema, name)
            if table.name.lower() not in self._own_names:
                statements.append(f"SELECT * INTO {qualified(table)} FROM {qualified(copy)}")
        for table in self._own:
            if table not in self._refills:
                self._refills[table] = self._refill(table)
        self._execute(*statements, *(self._refills[table] for table in self._own))

    def close(self) -> None:
        """Takes away the schemas."""
        schemas = self._schemas
        procedures = self._query("sys.procedures", *schemas)
        self._execute(
            *(f"DROP PROCEDURE {qualified(procedure)}" for procedure in procedures),
            *(f"DROP TABLE {qualified(table)}" for table in (*self._others(), *self._own)),
            *(f"DROP SCHEMA [{schema}]" for schema in (*schemas, self._copies)),
        )
        close_pools()

    def _connection(self) -> dict[str, Any]:
        return Server.named().connection("mssql", **({"port": self._port} if self._port else {}))

    @property
    def _schemas(self) -> tuple[str, ...]:
        return self.settings.ref_schema, self.settings.bkp_schema, stage_schema(self.settings)

    @property
    def _own(self) -> tuple[TableName, ...]:
        return tuple(TableName(self.settings.ref_schema, name) for name in own_tables(self.settings))

    @property
    def _own_names(self) -> set[str]:
        """In lower case, as some servers give them back."""
        return {table.name.lower() for table in self._own}

    def _copy(self, table: TableName) -> TableName:
        return TableName(self._copies, f"{table.schema}${table.name}")

    def _refill(self, table: TableName) -> str:
        """Empties a table of refdata's own and fills it with the saved rows, under their ids."""
        columns = self.connect().warehouse.table(table)
        assert columns is not None
        names = ", ".join(f"[{column.name}]" for column in columns.columns)
        counted = table.name not in (self.settings.config_table, SCHEMA_TABLE, CLOSED_TABLE)
        identity = f"SET IDENTITY_INSERT {qualified(table)}" if counted else ""
        filled = f"INSERT INTO {qualified(table)} ({names}) SELECT {names} FROM {qualified(self._copy(table))}"
        around = (f"{identity} ON;", f"; {identity} OFF") if identity else ("", "")
        return f"DELETE FROM {qualified(table)}; {around[0]} {filled}{around[1]}"

    def _others(self, *schemas: str) -> list[TableName]:
        """The tables that are not refdata's own, of all schemas of the site unless some are named."""
        chosen = schemas or (*self._schemas, self._copies)
        found = self._query("sys.tables", *chosen)
        return [table for table in found if table.name.lower() not in self._own_names]

    def _query(self, catalog: str, *schemas: str) -> list[TableName]:
        sql = (
            "SELECT CAST(s.name AS NVARCHAR(128)), CAST(o.name AS NVARCHAR(128))"
            f" FROM {catalog} AS o JOIN sys.schemas AS s ON s.schema_id = o.schema_id"
        )
        with self.connect().warehouse.transaction(write=False) as session:
            found = [TableName(*row) for row in session.query(sql)]
        return [table for table in found if table.schema in schemas]

    def _execute(self, *statements: str) -> None:
        warehouse = self.connect().warehouse
        for statement in statements:
            with warehouse.transaction() as session:
                session.execute(statement)


@contextlib.contextmanager
def opened(engine: str, folder: Path, **changes: Any) -> Iterator[Site]:
    """A site on ``sqlite`` or ``mssql``; what it made on a server goes in the end.

    :param changes: settings; ``bucket``: where files are dropped, instead of a folder.
    """
    if engine == "sqlite":
        yield SqliteSite(folder, **changes)
        return
    site = TsqlSite(folder, **changes)
    try:
        yield site
    finally:
        site.close()
