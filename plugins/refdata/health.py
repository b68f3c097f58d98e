"""Looks at everything that loads need, for ``refdata health``; changes nothing.

Each function in ``CHECKS`` looks at one thing and never raises an error of the tree: what keeps it from looking
is its finding.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from refdata.config import load_settings
from refdata.core.errors import RefdataError
from refdata.core.health import Check, State, failed, warehouse_check
from refdata.core.settings import Settings
from refdata.warehouse.connect import open_warehouse


def check_warehouse(settings: Settings) -> Check:
    """Server, login, database, rights and ledger, told apart by one connection."""
    began = time.monotonic()
    try:
        found = open_warehouse(settings).diagnose()
    except RefdataError as error:
        return failed("warehouse", error)
    return warehouse_check("warehouse", found, time.monotonic() - began)


CHECKS: tuple[Callable[[Settings], Check], ...] = (check_warehouse,)


def examine(checks: Sequence[Callable[[Settings], Check]] = CHECKS) -> tuple[Check, ...]:
    """The settings first: without them nothing else can be looked at."""
    try:
        settings = load_settings()
    except RefdataError as error:
        return (failed("settings", error),)
    read = Check("settings", State.OK, "read", f"The warehouse is Airflow connection {settings.conn_id}")
    return (read, *(check(settings) for check in checks))
