"""What opening an SFTP and an SMB server have in common: the host of an address, and that the connection is for it."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from refdata.core.addresses import Address
from refdata.core.errors import ConfigurationError

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(?::(\d{1,5}))?")


class ServerPlace(NamedTuple):
    """Where on which server an address is.

    :param port: 0 when the address has none.
    :param path: below the host, without slashes at its ends.
    """

    host: str
    port: int
    path: str

    @classmethod
    def of(cls, address: Address, form: str) -> ServerPlace:
        """The parts of an address.

        >>> ServerPlace.of(Address.parse("sftp://my_sftp@[::1]:2222/landing"), "sftp://connection@host/path")
        ServerPlace(host='::1', port=2222, path='landing')

        :param form: how such an address is written, for the error.
        :raises ConfigurationError: when its host is not one.
        """
        server, _, path = address.place.partition("/")
        parts = _HOST.fullmatch(server)
        if parts is None:
            raise ConfigurationError(
                "The address does not name a host",
                where=address.public,
                advice=f"Write {form}, such as {address.scheme}://my_{address.scheme}@files.example.com/landing.",
            )
        return cls(parts[1].strip("[]"), int(parts[2] or 0), path.strip("/"))


def require_same_server(connection: Any, host: str, port: int, usual_port: int, where: str) -> None:
    """An Airflow connection that names a server must name the address's.

    :raises ConfigurationError: when it names another one.
    """
    named, own = connection.host or host, connection.port or port
    if named.lower() != host.lower() or (port and own != port):
        raise ConfigurationError(
            f"The Airflow connection {connection.conn_id!r} is for another server: {named}:{own or usual_port}",
            where=where,
            advice="Write the connection's host into the address, and its port if the address has one.",
        )
