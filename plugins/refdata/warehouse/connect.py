"""Chooses the engine by the type of the Airflow connection."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from refdata import plainairflow
from refdata.core.errors import ConfigurationError
from refdata.core.settings import Settings
from refdata.warehouse.base import Warehouse

if TYPE_CHECKING:
    from airflow.sdk import Connection


_EMBEDDED = "sqlite"


def needs_airflow() -> bool:
    """Whether the warehouse of this process's settings can only be opened through Airflow."""
    return not plainairflow.suffices(_EMBEDDED)


def open_warehouse(settings: Settings) -> Warehouse:
    """The warehouse behind the Airflow connection ``settings.conn_id``.

    :raises ConfigurationError: when the connection is missing, no engine supports its type, or it needs ODBC and this
        machine has no library for it.
    """
    if not plainairflow.is_loaded():
        with contextlib.suppress(plainairflow.OnlyAirflowKnowsError):
            return _open_plainly(settings)
    conn_type = _connection_type(settings.conn_id).removeprefix("refdata_")
    if conn_type == _EMBEDDED:
        from airflow.providers.sqlite.hooks.sqlite import SqliteHook

        from refdata.warehouse.sqlite.engine import SqliteWarehouse

        return SqliteWarehouse(SqliteHook(sqlite_conn_id=settings.conn_id), settings)  # type: ignore[no-untyped-call]
    if conn_type == "mssql":
        from refdata.warehouse.mssql.engine import mssql_warehouse

        return mssql_warehouse(settings)
    if conn_type == "odbc":
        return _open_odbc(settings)
    raise ConfigurationError(
        f"Connection {settings.conn_id} has the type {conn_type!r}, which no engine supports",
        where=f"Airflow connection {settings.conn_id}",
        advice="Use a connection of type mssql, odbc or sqlite.",
    )


def _open_plainly(settings: Settings) -> Warehouse:
    """The embedded warehouse, from a connection that is read without Airflow."""
    path = plainairflow.file_of(settings.conn_id, _EMBEDDED)
    if path is None:
        raise _missing(settings.conn_id)
    from refdata.warehouse.sqlite.engine import SqliteWarehouse
    from refdata.warehouse.sqlite.plainhook import PlainHook

    return SqliteWarehouse(PlainHook(path), settings)


def _open_odbc(settings: Settings) -> Warehouse:
    from refdata.warehouse.odbc.library import require_library

    require_library(f"Airflow connection {settings.conn_id}")
    from refdata.warehouse.odbc.engine import odbc_warehouse

    return odbc_warehouse(settings)


def find_connection(conn_id: str) -> Connection | None:
    """The Airflow connection of that name, or None.

    :raises ConfigurationError: when it cannot be read.
    """
    from airflow.sdk import BaseHook

    try:
        return BaseHook.get_connection(conn_id)
    except ValueError:
        # Not chained: for "user:pass/word@host" Python's message quotes "pass" as an invalid port.
        raise ConfigurationError(
            f"Airflow connection {conn_id} cannot be read",
            where=f"Airflow connection {conn_id}",
            advice="Correct its JSON, or its URI: in a password, write / : @ % as %2F, %3A, %40 and %25.",
        ) from None
    except Exception as error:
        # For a missing connection Airflow raises one of several unrelated types, depending on where the code runs.
        if "isn't defined" not in str(error) and type(error).__name__ != "AirflowNotFoundException":
            raise
        return None


def _connection_type(conn_id: str) -> str:
    connection = find_connection(conn_id)
    if connection is None:
        raise _missing(conn_id)
    return str(connection.conn_type)


def _missing(conn_id: str) -> ConfigurationError:
    return ConfigurationError(
        f"Airflow connection {conn_id} does not exist",
        where=f"Airflow connection {conn_id}",
        advice=f"Run `refdata init`, or create it: `airflow connections add {conn_id} --conn-type sqlite"
        " --conn-host PATH`",
    )
