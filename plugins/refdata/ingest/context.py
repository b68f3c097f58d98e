"""The environment of every step. Time, disk and database enter here and nowhere else."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Concatenate, ParamSpec, TypeVar

from refdata.contracts.files import declared
from refdata.core.contract import Contract
from refdata.core.errors import DropoffError
from refdata.core.filemodel import Format, Scan
from refdata.core.model import DroppedFile, FileStatus, Load, TableName
from refdata.core.owntables import own_tables
from refdata.core.settings import Settings
from refdata.core.tablenames import table_name
from refdata.core.tablerules import TableRules
from refdata.dropoff.source import Source
from refdata.ledger import Ledger
from refdata.warehouse.base import Warehouse


@dataclass(frozen=True, slots=True)
class Detection:
    """The result of the first step; later steps start from it."""

    load_id: int
    format: Format
    scan: Scan


@dataclass(frozen=True, slots=True)
class Loaded:
    """The result of the step that loads; ``rows`` is 0 for a duplicate."""

    load_id: int
    table: str
    rows: int
    rejected: int
    version: int
    status: FileStatus


P = ParamSpec("P")
T = TypeVar("T")


def on_one_connection(step: Callable[Concatenate[Deps, P], T]) -> Callable[Concatenate[Deps, P], T]:
    """Lets a step's transactions share a connection: on the embedded engine each would open three files of its own."""

    @functools.wraps(step)
    def connected(deps: Deps, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with deps.warehouse.connected():
            return step(deps, *args, **kwargs)

    return connected


def _no_run(run_id: str) -> bool:  # noqa: ARG001
    """Used when Airflow is not asked."""
    return False


def _unheard(rows: int, total: int) -> None:
    """Used when progress is not reported."""


@dataclass(frozen=True, slots=True)
class Deps:
    """Settings, database, folders, clock (UTC, naive) and log of a load.

    ``on_rows`` gets the number of staged rows and the total after each batch; raising in it stops the load. ``asks``:
    a person can be asked, so that a load with open questions is held; otherwise it fails with them. ``is_running``:
    whether Airflow has begun the load run of that id, and it is not over. ``is_crowded``: whether load runs wait for a
    place among those that Airflow has begun.
    """

    settings: Settings
    warehouse: Warehouse
    dropoff: Source
    clock: Callable[[], datetime]
    rules: Callable[[str], TableRules]
    log: logging.Logger = field(default_factory=lambda: logging.getLogger("refdata.ingest"))
    on_rows: Callable[[int, int], None] = _unheard
    asks: bool = False
    is_running: Callable[[str], bool] = _no_run
    is_crowded: Callable[[], bool] = bool

    @property
    def ledger(self) -> Ledger:
        """The ledger in the warehouse."""
        return Ledger(self.warehouse)

    def contract(self, table: str) -> Contract:
        """The known facts about a table; read at each call, so a change takes effect at once.

        :raises ConfigurationError: when its contract file is wrong.
        """
        return declared(self.settings, table).contract

    def table_of(self, file: DroppedFile) -> str:
        """The table that a file loads."""
        return table_name(file.name, reserved=own_tables(self.settings))

    def file_of(self, row: Load) -> DroppedFile | None:
        """The dropped file of a load; None when the row's path is that of an archive, or is freed for another drop."""
        if row.file_identity is None:
            return None
        try:
            file = self.dropoff.drop(row.file_path, row.file_identity)
        except DropoffError:
            return None
        return file if file.name == row.file_name else None

    def target(self, row: Load) -> TableName:
        """The live table of a load."""
        return self.live(row.table_name)

    def live(self, table: str) -> TableName:
        """The live table of that name."""
        return TableName(self.settings.ref_schema, table)
