"""Airflow's MsSqlHook, with TLS on by default and certificates checked."""

from __future__ import annotations

from typing import Any

import pymssql
from airflow.providers.microsoft.mssql.hooks.mssql import MsSqlHook

from refdata.connectionform import given
from refdata.warehouse.mssql.freetds import configured
from refdata.warehouse.mssql.options import ServerOptions, read_options


class SecureMsSqlHook(MsSqlHook):
    """Opens pymssql connections with ``ServerOptions``, read from the extras of a connection of type ``mssql``.

    :param connect_timeout: seconds that a login may take.
    """

    def __init__(self, *args: Any, connect_timeout: float = 30.0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._connect_timeout = connect_timeout

    def options(self) -> ServerOptions:
        """The connection's options.

        :raises ConfigurationError: when the connection is incomplete, or has an invalid extra.
        """
        connection = self.connection
        database = self.schema or connection.schema
        where = f"Airflow connection {connection.conn_id}"
        return read_options(
            connection.host,
            connection.port,
            database,
            connection.login,
            connection.password,
            given(connection.extra_dejson),
            where,
        )

    def get_conn(self) -> pymssql.Connection:
        """A new connection, which begins transactions implicitly, like MsSqlHook's."""
        return self.open(self.options())

    def open(self, options: ServerOptions) -> pymssql.Connection:
        """A new connection with options other than the Airflow connection's, such as another host."""
        arguments = {
            "login_timeout": max(1, round(self._connect_timeout)),
            "appname": "refdata",
            "read_only": options.application_intent.lower() == "readonly",
            **options.client,
            "use_datetime2": True,
        }
        with configured(options) as server:
            return pymssql.connect(
                server=server,
                port=str(options.port),
                user=options.login,
                password=options.password,
                database=options.database,
                **arguments,
            )
