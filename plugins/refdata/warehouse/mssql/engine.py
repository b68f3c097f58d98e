"""Puts the engine ``mssql`` together: sessions, bulk copy and insert over one Airflow connection."""

from __future__ import annotations

from refdata.core.settings import Settings
from refdata.warehouse.mssql.bulk import BulkLoader
from refdata.warehouse.mssql.hook import SecureMsSqlHook
from refdata.warehouse.mssql.mssql_python_driver import MssqlPythonDriver
from refdata.warehouse.mssql.pymssql_driver import PymssqlDriver
from refdata.warehouse.tsql.driver import Driver
from refdata.warehouse.tsql.engine import TsqlWarehouse
from refdata.warehouse.tsql.insert import InsertLoader
from refdata.warehouse.tsql.pool import pool_key
from refdata.warehouse.tsql.staging import choose


def mssql_warehouse(settings: Settings, database: str | None = None) -> TsqlWarehouse:
    """The warehouse behind a connection of type ``mssql``.

    :param database: another than the connection's.
    :raises ConfigurationError: when the connection lacks something.
    """
    hook = SecureMsSqlHook(settings.conn_id, schema=database, connect_timeout=settings.connect_timeout)
    options = hook.options()
    native = MssqlPythonDriver(options, settings.connect_timeout)
    # FreeTDS, which is below pymssql, knows nothing of Entra ID.
    native_only = options.authentication or options.driver == native.name
    driver: Driver = native if native_only else PymssqlDriver(hook)
    bulk = BulkLoader(native, options.bulk_port or options.port)
    insert = InsertLoader(driver, settings.batch_size)
    loaders = choose((bulk, insert), settings.load_method)
    return TsqlWarehouse("mssql", driver, settings, loaders, key=pool_key(driver.name, options, settings))
