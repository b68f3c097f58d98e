"""Lines to a file server that are cut, refused, silent, kept, and not shared with a fork."""

from __future__ import annotations

import dataclasses
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from refdata.core.errors import FileBusyError
from refdata.dropoff import smbshare
from refdata.dropoff.serversource import ServerSource
from tests.integration.relay import Relay
from tests.integration.server_meddling import FULL, RECEIVED, SERVERS, names_in, put, relayed_store, watched
from tests.sftp_servers import openssh_server
from tests.smb_server import samba_server

CUT = r"connection to the (SFTP|file) server was cut"
Relayed = tuple[Path, ServerSource, Relay]
RENAMES = {"SFTP": [(1, 0), (2, 0), (3, 0)], "SMB": [(2, 0), (2, 1), (2, 2), (2, 3)]}
"""Which rename of an archive, and which of its requests: over SMB a look at the target, open, rename, close."""


@pytest.fixture(params=SERVERS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def relayed(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Relayed]:
    """A root by way of a relay, over an open connection."""
    local, source = SERVERS[kind](tmp_path / "spool")
    relay = Relay("127.0.0.1", (openssh_server() if kind == "SFTP" else samba_server()).port)
    by_sftp = openssh_server().connection(port=relay.port, compress="false")
    by_smb = samba_server().connection(port=relay.port) if kind == "SMB" else ""
    monkeypatch.setenv("AIRFLOW_CONN_RELAYED", by_smb or by_sftp)
    source = dataclasses.replace(source, store=relayed_store(source, relay.port))
    source.is_ready()
    yield local, source, relay
    source.store.server.close()
    relay.close()


def test_a_line_cut_while_a_file_is_read_ends_the_attempt_and_the_next_one_reads_it(relayed: Relayed) -> None:
    local, source, relay = relayed
    content = random.Random(1).randbytes(6 << 20)
    file = source.find(put(local, content))
    chunks = source.store.read(file.path)
    next(chunks)
    relay.cut()
    with pytest.raises(FileBusyError, match=CUT):
        list(chunks)
    with source.open(file) as copy:
        assert Path(copy).read_bytes() == content


def test_a_line_cut_within_a_listing_is_no_empty_folder(relayed: Relayed) -> None:
    local, source, relay = relayed
    for number in range(250):
        put(local, name=f"file_{number}.csv")
    for skip in range(5):
        source.is_ready()
        relay.cut_next(skip, after=bool(skip % 2))
        with pytest.raises(FileBusyError, match=CUT):
            list(source.store.children(FULL))
    assert len(list(source.store.children(FULL))) == 250


@pytest.mark.parametrize("after", [True, False])
def test_a_line_cut_at_a_rename_ends_the_attempt_and_the_next_one_finishes_it(
    relayed: Relayed, kind: str, after: bool
) -> None:
    local, source, relay = relayed
    for moment, (number, skip) in enumerate(RENAMES[kind]):
        renames = count(1)

        def at(name: str, made: bool, renames: Iterator[int] = renames, number: int = number, skip: int = skip) -> None:
            if name == "rename" and not made and next(renames) == number:
                relay.cut_next(skip, after=after)

        file = source.find(put(local, at=1_700_000_000 + moment))
        with pytest.raises(FileBusyError, match=CUT):
            watched(source, at).archive_processed(file, RECEIVED, 7)
        assert source.archive_processed(file, RECEIVED, 7)
        assert not (local / file.path).exists()
    assert len(names_in(local / FULL / "processed")) == len(RENAMES[kind])


def test_a_server_that_is_away_is_a_failure_that_passes(relayed: Relayed) -> None:
    _, source, relay = relayed
    relay.cut(refuse=True)
    with pytest.raises(FileBusyError, match=r"cannot be reached|was cut"):
        for _ in range(5):  # the end of an open line may be noticed a moment later
            source.is_ready()
    relay.restore()
    assert source.is_ready()


@pytest.mark.parametrize("kind", ["SMB"])
def test_a_server_that_does_not_answer_counts_as_cut(relayed: Relayed, monkeypatch: pytest.MonkeyPatch) -> None:
    local, source, _ = relayed
    put(local)
    monkeypatch.setattr(smbshare, "_PATIENCE", 1)
    monkeypatch.setattr(smbshare, "_CONNECT", 1)
    os.killpg(samba_server().group, signal.SIGSTOP)
    try:
        for _ in ("over the open line", "over a new one"):
            with pytest.raises(FileBusyError, match=r"was cut|cannot be reached"):
                source.scan()
    finally:
        os.killpg(samba_server().group, signal.SIGCONT)
        monkeypatch.setattr(smbshare, "_PATIENCE", 60)
        monkeypatch.setattr(smbshare, "_CONNECT", 60)
    assert len(source.scan().files) == 1


def test_a_connection_is_kept_for_its_process_and_never_shared_with_a_fork() -> None:
    script = """
import os
from refdata.dropoff.fileserver import FileServer
class Line:
    is_open = True
    def __init__(self): self.process = os.getpid()
    def close(self): raise SystemExit("a line of the parent was closed")
server = FileServer(Line, "server")
with server.session() as first: pass
with server.session() as second: assert second is first
with server.session() as second, server.session() as third: assert third is not second
child = os.fork()
with server.session() as line: assert line.process == os.getpid()
if child == 0: os._exit(0)
os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    done = subprocess.run([sys.executable, "-c", script], env=os.environ | {"PYTHONPATH": "plugins"}, check=False)
    assert done.returncode == 0
