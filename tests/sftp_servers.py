"""SFTP servers on loopback, once per test process: OpenSSH's own where it is installed, and asyncssh's."""

from __future__ import annotations

import asyncio
import atexit
import json
import logging
import os
import pwd
import shutil
import tempfile
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import asyncssh

from refdata.dropoff.serversource import ServerSource
from tests.loopback import free_port, start_server
from tests.root_on_server import new_folder, source_at

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
_CONFIG = """
ListenAddress 127.0.0.1:{port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
StrictModes no
UsePAM yes
PasswordAuthentication no
KbdInteractiveAuthentication no
# By itself it refuses some of more than ten logins at a time.
MaxStartups 100
Subsystem sftp internal-sftp
ForceCommand internal-sftp
"""


@dataclass(frozen=True)
class SftpTestServer:
    """A server that serves a folder of this machine to one account, who logs in by a key.

    ``path`` is how the account sees the local folder ``files``; ``user`` owns it.
    """

    port: int
    login: str
    files: Path
    path: str
    host_key: str
    private_key: str
    user: int

    def connection(self, *, port: int = 0, **extra: object) -> str:
        """An Airflow connection to it, as JSON; None leaves a part of the extra out."""
        given = {"private_key": self.private_key, "host_key": self.host_key, "no_host_key_check": "false", **extra}
        return json.dumps(
            {
                "conn_type": "sftp",
                "host": "127.0.0.1",
                "port": port or self.port,
                "login": self.login,
                "extra": {key: value for key, value in given.items() if value is not None},
            }
        )


@lru_cache(maxsize=1)
def openssh_server() -> SftpTestServer:
    """OpenSSH's server; where it is not installed, asyncssh's.

    As root it runs as nobody, so that rights count.
    """
    if SSHD is None:
        return asyncssh_server()
    user = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    folder, key, host_key = _home(user.pw_uid)
    port = free_port()
    (folder / "sshd_config").write_text(_CONFIG.format(port=port, folder=folder))
    for path in folder.iterdir():
        os.chown(path, user.pw_uid, -1)
    as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    start_server([SSHD, "-D", "-e", "-f", str(folder / "sshd_config")], port, folder / "sshd.log", **as_user)
    files = folder / "files"
    return SftpTestServer(port, user.pw_name, files, str(files), host_key, key, user.pw_uid)


@lru_cache(maxsize=1)
def asyncssh_server() -> SftpTestServer:
    """asyncssh's server, in a thread; the account sees the folder as the topmost one."""
    folder, key, host_key = _home(os.geteuid())
    files = folder / "files"
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def listen() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[str(folder / "host_key")],
            authorized_client_keys=str(folder / "authorized_keys"),
            sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(files).encode()),
            allow_scp=False,
        )

    logging.getLogger("asyncssh").setLevel(logging.ERROR)
    acceptor = asyncio.run_coroutine_threadsafe(listen(), loop).result(30)
    atexit.register(_closed, acceptor, loop, thread)
    return SftpTestServer(acceptor.get_port(), "files", files, "", host_key, key, os.geteuid())


def sftp_source(server: SftpTestServer, spool: Path) -> tuple[Path, ServerSource]:
    """A dropoff root of its own on a server: the folder on this machine, and the source, with the load folders made."""
    os.environ[f"AIRFLOW_CONN_SFTP_{server.port}"] = server.connection()
    local = new_folder(server.files, server.user)
    return source_at(f"sftp://sftp_{server.port}@127.0.0.1{server.path}/{local.name}", local, spool)


def new_key() -> tuple[str, str]:
    """A private key, and its public part without a comment."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    return key.export_private_key().decode(), " ".join(key.export_public_key().decode().split()[:2])


def _home(user: int) -> tuple[Path, str, str]:
    """A folder with a host key and an account's key; that key, and the public host key."""
    folder = Path(tempfile.mkdtemp(prefix="refdata-sftp-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (host_private, host_public), (private, public) = new_key(), new_key()
    (folder / "host_key").write_text(host_private)
    (folder / "host_key").chmod(0o600)
    (folder / "authorized_keys").write_text(f"{public}\n")
    (folder / "files").mkdir()
    for path in (folder, folder / "files"):
        path.chmod(0o755)
        os.chown(path, user, -1)
    return folder, private, host_public


def _closed(acceptor: asyncssh.SSHAcceptor, loop: asyncio.AbstractEventLoop, thread: threading.Thread) -> None:
    async def close() -> None:
        acceptor.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    asyncio.run_coroutine_threadsafe(close(), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()
