"""Sets up a fresh SQL Server: database, login, schemas, ledger, and a user with least rights.

``python -m refdata.warehouse.mssql.provision ADMIN_CONN_ID`` reads two Airflow connections: ``ADMIN_CONN_ID`` of
somebody who may create databases and logins, and the warehouse's own (setting ``conn_id``), whose database, login
and password are created. Run again, it changes nothing.
"""

from __future__ import annotations

import dataclasses
import sys

from refdata.config import load_settings
from refdata.core.settings import Settings
from refdata.sqlfiles import SqlFiles
from refdata.warehouse.mssql.engine import mssql_warehouse
from refdata.warehouse.mssql.hook import SecureMsSqlHook
from refdata.warehouse.mssql.pymssql_driver import PymssqlDriver
from refdata.warehouse.tsql.driver import TsqlSession, translated


def provision(admin_conn_id: str, settings: Settings) -> None:
    """Creates the database and the login through ``master``, then everything in the database.

    :raises RefdataError: when the administrator's connection fails, or lacks a right.
    """
    wanted = SecureMsSqlHook(settings.conn_id).options()
    administrator = PymssqlDriver(SecureMsSqlHook(admin_conn_id, schema="master"))
    files = SqlFiles("mssql", settings)
    with translated(administrator):
        session = TsqlSession(administrator.connect(), administrator)
    session.execute(files.text("create_database", {"refdata": wanted.database}))
    if wanted.login:
        session.execute(files.text("create_login"), (wanted.login, wanted.password))
    warehouse = mssql_warehouse(dataclasses.replace(settings, conn_id=admin_conn_id), database=wanted.database)
    warehouse.provision(wanted.login) if wanted.login else warehouse.initialise()


if __name__ == "__main__":
    provision(sys.argv[1], load_settings())
