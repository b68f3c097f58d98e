"""Assembles the engine ``odbc``."""

from __future__ import annotations

from refdata.core.settings import Settings
from refdata.warehouse.odbc.driver import PyodbcDriver
from refdata.warehouse.odbc.fast import FastLoader
from refdata.warehouse.odbc.hook import SecureOdbcHook
from refdata.warehouse.tsql.driver import server_address
from refdata.warehouse.tsql.engine import TsqlWarehouse
from refdata.warehouse.tsql.pool import pool_key
from refdata.warehouse.tsql.staging import choose


def odbc_warehouse(settings: Settings) -> TsqlWarehouse:
    """The warehouse behind a connection of type ``odbc``.

    :raises ConfigurationError: when the connection is incomplete, or ``load_method`` is ``bulk``.
    """
    hook = SecureOdbcHook(settings.conn_id, connect_timeout=settings.connect_timeout)
    driver = PyodbcDriver(hook)
    loaders = choose((FastLoader(driver, settings.batch_size),), settings.load_method)
    key = pool_key(settings, driver.name, hook.odbc_connection_string)
    server = server_address(hook.connection.host, hook.connection.port)
    return TsqlWarehouse("odbc", driver, settings, loaders, key=key, server=server)
