"""Assembles the engine ``mssql``: sessions, bulk copy and insert over one Airflow connection."""

from __future__ import annotations

import logging

from refdata.core.settings import Settings
from refdata.warehouse.mssql.bulk import BulkLoader
from refdata.warehouse.mssql.hook import SecureMsSqlHook
from refdata.warehouse.mssql.hosts import Hosts
from refdata.warehouse.mssql.mssql_python_driver import MssqlPythonDriver
from refdata.warehouse.mssql.pymssql_driver import PymssqlDriver
from refdata.warehouse.tsql.driver import Driver, server_address
from refdata.warehouse.tsql.engine import TsqlWarehouse
from refdata.warehouse.tsql.insert import InsertLoader
from refdata.warehouse.tsql.pool import pool_key
from refdata.warehouse.tsql.staging import choose

_log = logging.getLogger("refdata.warehouse")


def mssql_warehouse(settings: Settings, database: str | None = None) -> TsqlWarehouse:
    """The warehouse behind a connection of type ``mssql``.

    :param database: a database other than the connection's.
    :raises ConfigurationError: when the connection is incomplete.
    """
    hook = SecureMsSqlHook(settings.conn_id, schema=database, connect_timeout=settings.connect_timeout)
    options = hook.options()
    hosts = Hosts(options)
    native = MssqlPythonDriver(options, settings.connect_timeout, hosts)
    if options.needs_mssql_python and not options.driver:
        _log.info("Sessions go through mssql-python: pymssql does not support %s", options.needs_mssql_python)
    native_only = options.needs_mssql_python or options.driver == native.name
    driver: Driver = native if native_only else PymssqlDriver(hook, hosts)
    bulk = BulkLoader(native, settings.bulk_batch_size)
    insert = InsertLoader(driver, settings.batch_size)
    loaders = choose((bulk, insert), settings.load_method)
    key, server = pool_key(settings, driver.name, options), server_address(hook.connection.host, hook.connection.port)
    return TsqlWarehouse("mssql", driver, settings, loaders, key=key, server=server)
