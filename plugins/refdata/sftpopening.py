"""Opens SFTP servers by Airflow's hook: which host an address means, and whose key it must have."""

from __future__ import annotations

import socket
from functools import lru_cache, partial
from typing import Any

from refdata.core.addresses import Address
from refdata.core.errors import ConfigurationError, FileBusyError, PermissionDeniedError, RefdataError
from refdata.dropoff.fileserver import FileServer
from refdata.dropoff.serverstore import ServerStore
from refdata.serveropening import ServerPlace, require_same_server

PACKAGE = "apache-airflow-providers-sftp"
_CONNECT = 15
"""Seconds for making a connection, unless it says conn_timeout itself."""
_KEY_ADVICE = (
    "Ask who runs the server for its host key. `ssh-keyscan HOST` prints what it shows now: compare, then put the line"
    ' without the host into the extra of the connection, {"host_key": "ssh-ed25519 AAAA…"}, or the whole line into'
    " ~/.ssh/known_hosts of the user who runs Airflow"
)


def sftp_store(address: Address) -> ServerStore:
    """The folder that an address names; nothing is opened yet.

    :param address: ``sftp://connection@host/path``, or ``host:port``; the path begins at the account's topmost folder.
    :raises ConfigurationError: when its host is not one.
    """
    host, port, path = ServerPlace.of(address, "sftp://connection@host/path")
    return ServerStore(_server(address.conn_id, host, port), f"/{path}".rstrip("/"), address.public)


@lru_cache(maxsize=32)
def _server(conn_id: str, host: str, port: int) -> FileServer:
    """One for the life of the process, so that its connections stay open from step to step."""
    return FileServer(partial(_connect, conn_id, host, port), "SFTP server")


def _connect(conn_id: str, host: str, port: int) -> Any:
    where = f"sftp://{host}{f':{port}' if port else ''}"
    try:
        from airflow.providers.sftp.hooks.sftp import SFTPHook
        from airflow.providers.ssh.hooks.ssh import SSHHook
        from paramiko import AuthenticationException, BadHostKeyException, SSHException

        from refdata.dropoff.sftpclient import SftpClient
    except ImportError as fault:
        raise ConfigurationError(
            "This Airflow cannot open sftp:// addresses (ImportError)",
            where=where,
            advice=f"Install {PACKAGE}, for scheduler, triggerer and workers",
        ) from fault
    hook = _hook(SFTPHook, conn_id, host, port, where)
    try:
        return SftpClient.over(SSHHook.get_conn(hook))
    except BadHostKeyException as fault:
        raise _changed_key(fault, where) from None
    except AuthenticationException:
        raise PermissionDeniedError(
            f"The SFTP server did not accept the login {hook.username!r}",
            where=where,
            advice=f"Check user, password or private key {_of(conn_id)}, and that the server knows the public key",
        ) from None
    except socket.gaierror as fault:
        raise FileBusyError(
            "The name of the SFTP server is not known",
            where=where,
            advice="If it is the name of a connection, write sftp://connection@host/path; otherwise check the network",
        ) from fault
    except (SSHException, OSError, EOFError) as fault:
        raise _not_connected(fault, where) from None


def _hook(kind: Any, conn_id: str, host: str, port: int, where: str) -> Any:
    """The hook, with the connection's account and key for the address's host.

    :raises ConfigurationError: when they contradict each other, or the host's key would not be checked.
    """
    try:
        if conn_id:
            require_same_server(kind.get_connection(conn_id), host, port, 22, where)
        hook = kind(ssh_conn_id=conn_id or None, remote_host=host, port=port or None)
    except RefdataError:
        raise
    except Exception as fault:  # noqa: BLE001  a missing connection, an unreadable key: each has a class of its own
        raise ConfigurationError(
            f"The Airflow connection {conn_id!r} cannot be used ({type(fault).__name__})",
            where=where,
            advice="Check that it exists and is of the type sftp, and that its private_key and host_key are whole",
        ) from None
    if hook.no_host_key_check or hook.allow_host_key_change:
        raise ConfigurationError(
            f"The Airflow connection {conn_id!r} does not check the server's host key, so anybody in between could"
            " read and replace the files",
            where=where,
            advice=f"Set no_host_key_check in its extra to false and remove allow_host_key_change. {_KEY_ADVICE}",
        )
    hook.conn_retry_attempts = 1  # Airflow retries the task; a wrong password must not be tried three times
    hook.conn_timeout = hook.conn_timeout or _CONNECT
    return hook


def _changed_key(fault: Any, where: str) -> ConfigurationError:
    return ConfigurationError(
        f"The SFTP server shows another host key than expected: {_print_of(fault.key)} instead of"
        f" {_print_of(fault.expected_key)}. It may be a different server that wants to be taken for this one",
        where=where,
        advice=f"If the server was reinstalled, replace the known key. {_KEY_ADVICE}",
    )


def _print_of(key: Any) -> str:
    return f"{key.get_name()} {key.fingerprint}"


def _not_connected(fault: Exception, where: str) -> RefdataError:
    if "not found in known_hosts" in str(fault):
        return ConfigurationError("The host key of the SFTP server is not known", where=where, advice=_KEY_ADVICE)
    return FileBusyError(
        f"The SFTP server cannot be reached ({type(fault).__name__})",
        where=where,
        advice="Nothing: it is retried. If it stays, check host, port, firewall and the server",
    )


def _of(conn_id: str) -> str:
    return f"of the Airflow connection {conn_id!r}" if conn_id else "of the user who runs Airflow, in ~/.ssh"
