"""Samba on loopback, once per test process, where it is installed."""

from __future__ import annotations

import atexit
import json
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pytest

from refdata.dropoff.serversource import ServerSource
from tests.loopback import free_port, start_server
from tests.root_on_server import new_folder, source_at

_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
SMBD = shutil.which("smbd", path=_PATH)
PASSWORD = "canary-0pen-Sesame"
_CONFIG = """
[global]
server role = standalone server
smb ports = {port}
interfaces = 127.0.0.1
bind interfaces only = yes
disable netbios = yes
private dir = {folder}/private
lock directory = {folder}/private
state directory = {folder}/private
cache directory = {folder}/private
pid directory = {folder}/private
ncalrpc dir = {folder}/private/ncalrpc
log file = {folder}/smbd.log
passdb backend = tdbsam:{folder}/private/passdb.tdb
load printers = no
disable spoolss = yes
map to guest = bad user
{more}

[files]
path = {folder}/files
read only = no

[read only]
path = {folder}/files
read only = yes

[other folder]
path = {folder}/files
read only = no
"""


@dataclass(frozen=True)
class SmbTestServer:
    """A server that serves a folder of this machine, ``files``, as the share of that name.

    ``user`` writes there; ``group`` is that of the server's processes.
    """

    port: int
    login: str
    files: Path
    user: int
    group: int

    def connection(self, *, password: str = PASSWORD, login: str = "", port: int = 0, **parts: object) -> str:
        """An Airflow connection to it, as JSON; ``extra`` and ``schema`` among the parts."""
        account = {"login": login or self.login, "password": password, "port": port or self.port}
        return json.dumps({"conn_type": "samba", "host": "127.0.0.1", **account, **parts})


def samba_server() -> SmbTestServer:
    """The server of this process; skips the test where Samba is not installed."""
    if SMBD is None:
        pytest.skip("Samba is not installed")
    return started()


@lru_cache(maxsize=4)
def started(more: str = "") -> SmbTestServer:
    """A server with more settings; as root it serves an account that is refused what others may not do."""
    assert SMBD is not None
    user = pwd.getpwnam("daemon") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    folder = Path(tempfile.mkdtemp(prefix="refdata-smb-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o755)
    for name in ("files", "private"):
        (folder / name).mkdir(mode=0o755)
    os.chown(folder / "files", user.pw_uid, -1)
    port, config = free_port(), folder / "smb.conf"
    config.write_text(_CONFIG.format(folder=folder, port=port, more=more))
    add = ["pdbedit", "-s", str(config), "-a", "-u", user.pw_name, "-t"]
    subprocess.run(add, input=f"{PASSWORD}\n" * 2, text=True, check=True, capture_output=True)
    group = start_server([SMBD, "-F", "--no-process-group", "-s", str(config)], port, folder / "smbd.log")
    return SmbTestServer(port, user.pw_name, folder / "files", user.pw_uid, group)


def smb_source(server: SmbTestServer, spool: Path) -> tuple[Path, ServerSource]:
    """A dropoff root of its own on a server: the folder on this machine, and the source, with the load folders made."""
    os.environ[f"AIRFLOW_CONN_SMB_{server.port}"] = server.connection()
    local = new_folder(server.files, server.user)
    return source_at(f"smb://smb_{server.port}@127.0.0.1/files/{local.name}", local, spool)
