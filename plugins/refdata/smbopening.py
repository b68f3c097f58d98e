"""Opens Windows shares with the account of an Airflow connection: which host and share an address means."""

from __future__ import annotations

import hashlib
import logging
import socket
import time
from functools import lru_cache, partial
from typing import Any, NamedTuple
from urllib.parse import unquote

from refdata.core.addresses import Address
from refdata.core.errors import ConfigurationError, FileBusyError, PermissionDeniedError, RefdataError
from refdata.dropoff.fileserver import FileServer
from refdata.dropoff.serverstore import ServerStore
from refdata.serveropening import ServerPlace, require_same_server

PACKAGE = "apache-airflow-providers-samba"
_FORM = "smb://connection@host/share/path"
_PORT = 445
_PROTOCOLS = ("negotiate", "ntlm", "kerberos")
_AGAIN_AFTER = 600
"""Seconds for which a process does not repeat a login that was refused: a few such lock an account of a domain."""
_refused: dict[str, float] = {}


class SmbAccount(NamedTuple):
    """How to log in; without a user name by the Kerberos ticket of the user who runs Airflow."""

    username: str | None
    password: str | None
    auth_protocol: str
    encrypt: bool
    port: int

    def key(self, host: str) -> str:
        """Distinguishes a login from any other, without showing it."""
        return hashlib.sha256(repr((host.lower(), *self)).encode("utf-8", "surrogatepass")).hexdigest()


def smb_store(address: Address) -> ServerStore:
    """The folder that an address names; nothing is opened yet.

    :param address: ``smb://connection@host/share/path``, or ``host:port``; a blank in it is ``%20``.
    :raises ConfigurationError: when it names no host or no share.
    """
    host, port, path = ServerPlace.of(address, _FORM)
    parts = [unquote(part) for part in path.split("/")]
    if not parts[0] or any("\\" in part or "/" in part or part == ".." for part in parts):
        raise ConfigurationError(
            "The address does not name a share",
            where=address.public,
            advice=f"Write {_FORM}, such as smb://my_smb@files.example.com/landing/refdata.",
        )
    prefix = "\\".join(("", "", host, *parts))
    return ServerStore(_server(address.conn_id, host, port, parts[0]), prefix, address.public)


@lru_cache(maxsize=32)
def _server(conn_id: str, host: str, port: int, share: str) -> FileServer:
    """One for the life of the process, so that its connections stay open from step to step."""
    return FileServer(partial(_connect, conn_id, host, port, share), "file server", knows_open_files=True)


def _connect(conn_id: str, host: str, port: int, share: str) -> Any:
    where = f"smb://{host}{f':{port}' if port else ''}/{share}"
    try:
        from refdata.dropoff.smbshare import SmbShare
    except ImportError as fault:
        raise ConfigurationError(
            "This Airflow cannot open smb:// addresses (ImportError)",
            where=where,
            advice=f"Install {PACKAGE}, for scheduler, triggerer and workers",
        ) from fault
    _quieten()
    account = _account(conn_id, host, port, share, where)
    key = account.key(host)
    if _refused.get(key, 0.0) > time.monotonic():
        raise _not_accepted(account, conn_id, where, "it was refused before, and is not tried again for ten minutes")
    try:
        opened = SmbShare(host, account._asdict())
    except Exception as fault:  # noqa: BLE001  sockets, SMB and logins each have classes of their own
        error = _not_connected(fault, account, conn_id, where)
        if isinstance(error, PermissionDeniedError) and account.password:
            _refused[key] = time.monotonic() + _AGAIN_AFTER
        raise error from None
    _require_share(opened, host, share, where)
    return opened


def _require_share(opened: Any, host: str, share: str, where: str) -> None:
    """A server with DFS reports a missing share like a missing file.

    :raises ConfigurationError: when there is no such share.
    """
    try:
        opened.look(f"\\\\{host}\\{share}")
    except FileNotFoundError:
        opened.close()
        raise ConfigurationError(
            "The file server has no such share",
            where=where,
            advice=f"Write {_FORM}; the share is the name behind the host in \\\\host\\share.",
        ) from None
    except PermissionError:  # the account may have rights further down only
        return
    except Exception as fault:  # noqa: BLE001  as for a connection
        opened.close()
        raise opened.explain(fault, where) from None


def _quieten() -> None:
    """These libraries log a line for each request; a level that somebody has set stays."""
    for name in ("smbprotocol", "smbclient", "spnego"):
        if logging.getLogger(name).level == logging.NOTSET:
            logging.getLogger(name).setLevel(logging.WARNING)


def _account(conn_id: str, host: str, port: int, share: str, where: str) -> SmbAccount:
    """The account of a connection.

    :raises ConfigurationError: when it is for another server, or names no account.
    """
    if not conn_id:
        return SmbAccount(None, None, "kerberos", False, port or _PORT)
    connection = _connection(conn_id, where)
    require_same_server(connection, host, port, _PORT, where)
    if connection.schema and connection.schema.lower() != share.lower():
        raise ConfigurationError(
            f"The Airflow connection {conn_id!r} is for another share: {connection.schema}",
            where=where,
            advice="Write the connection's share (its field Schema) into the address, or leave that field empty.",
        )
    extra = connection.extra_dejson
    protocol = str(extra.get("auth_protocol") or "negotiate")
    if protocol not in _PROTOCOLS:
        raise ConfigurationError(
            f"The Airflow connection {conn_id!r} has an unknown auth_protocol",
            where=where,
            advice=f"Use one of {', '.join(_PROTOCOLS)}.",
        )
    if protocol != "kerberos" and not (connection.login and connection.password):
        raise ConfigurationError(
            f"The Airflow connection {conn_id!r} has no login or no password, and nobody logs in as a guest",
            where=where,
            advice='Enter both, such as DOMAIN\\user; or {"auth_protocol": "kerberos"} as extra, for a ticket.',
        )
    encrypt = str(extra.get("encrypt", "")).lower() in ("1", "true", "yes")
    account = (connection.login or None, connection.password or None)
    return SmbAccount(*account, protocol, encrypt, port or connection.port or _PORT)


def _connection(conn_id: str, where: str) -> Any:
    from airflow.sdk import BaseHook

    try:
        return BaseHook.get_connection(conn_id)
    except Exception as fault:  # noqa: BLE001  Airflow has several classes for a missing connection
        raise ConfigurationError(
            f"The Airflow connection {conn_id!r} cannot be used ({type(fault).__name__})",
            where=where,
            advice="Check that it exists and is of the type samba",
        ) from None


def _not_connected(fault: Exception, account: SmbAccount, conn_id: str, where: str) -> RefdataError:
    """The error for a connection that was not made; the texts of library and server are not quoted."""
    from smbprotocol.exceptions import SMBAuthenticationError

    from refdata.dropoff.smberrors import LOGIN_REFUSED

    status, text = getattr(fault, "status", 0), str(fault)
    if status in LOGIN_REFUSED:
        return _not_accepted(account, conn_id, where, LOGIN_REFUSED[status])
    if "authenticated as a guest" in text:
        return _not_accepted(account, conn_id, where, "the server would let it in as a guest only")
    if isinstance(fault, SMBAuthenticationError):
        return _not_accepted(account, conn_id, where, "it has no valid ticket or password")
    if isinstance(fault, ImportError):
        return ConfigurationError(
            "The package for Kerberos is missing",
            where=where,
            advice=f"Install smbprotocol[kerberos], or name a connection with a password: {_FORM}",
        )
    if "encryption is required" in text:
        return ConfigurationError(
            "The file server cannot encrypt, and the connection requires it",
            where=where,
            advice="Turn on SMB encryption on the server (SMB 3), or remove encrypt from the connection's extra.",
        )
    if isinstance(fault.__cause__, socket.gaierror):
        return FileBusyError(
            "The name of the file server is not known",
            where=where,
            advice=f"If it is the name of a connection, write {_FORM}; otherwise check the network",
        )
    return FileBusyError(
        f"The file server cannot be reached ({type(fault).__name__})",
        where=where,
        advice="Nothing: it is retried. If it stays, check host, port, firewall and the server, which needs SMB 2 or 3",
    )


def _not_accepted(account: SmbAccount, conn_id: str, where: str, why: str) -> PermissionDeniedError:
    login = f"the login {account.username!r}" if account.username else "the login by Kerberos ticket"
    advice = f"Check user and password of the Airflow connection {conn_id!r}, and that the account is not locked"
    by_ticket = "Get a ticket with kinit as the user who runs Airflow"
    return PermissionDeniedError(
        f"The file server did not accept {login}: {why}",
        where=where,
        advice=by_ticket if account.auth_protocol == "kerberos" else advice,
    )
