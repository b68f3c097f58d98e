"""Lines to an SFTP server that are cut, refused, kept, and not shared with a fork."""

from __future__ import annotations

import dataclasses
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from refdata.core.addresses import Address
from refdata.core.errors import FileBusyError
from refdata.dropoff.serversource import ServerSource
from refdata.sftpopening import sftp_store
from tests.integration.relay import Relay
from tests.integration.server_meddling import FULL, RECEIVED, names_in, put, watched
from tests.sftp_servers import openssh_server


@pytest.fixture
def relay(monkeypatch: pytest.MonkeyPatch) -> Iterator[Relay]:
    relay = Relay("127.0.0.1", openssh_server().port)
    monkeypatch.setenv("AIRFLOW_CONN_RELAYED", openssh_server().connection(port=relay.port, compress="false"))
    yield relay
    relay.close()


@pytest.fixture
def relayed(sftp_drops: tuple[Path, ServerSource], relay: Relay) -> Iterator[ServerSource]:
    """The same root by way of the relay, over an open connection."""
    _, source = sftp_drops
    store = sftp_store(Address.parse(f"sftp://relayed@127.0.0.1:{relay.port}{source.store.prefix}"))
    source = dataclasses.replace(source, store=store)
    source.is_ready()
    yield source
    store.server.close()


def test_a_line_cut_while_a_file_is_read_ends_the_attempt_and_the_next_one_reads_it(
    sftp_drops: tuple[Path, ServerSource], relay: Relay, relayed: ServerSource
) -> None:
    content = random.Random(1).randbytes(6 << 20)
    file = relayed.find(put(sftp_drops[0], content))
    chunks = relayed.store.read(file.path)
    next(chunks)
    relay.cut()
    with pytest.raises(FileBusyError, match="connection to the SFTP server was cut"):
        list(chunks)
    with relayed.open(file) as copy:
        assert Path(copy).read_bytes() == content


def test_a_line_cut_within_a_listing_is_no_empty_folder(
    sftp_drops: tuple[Path, ServerSource], relay: Relay, relayed: ServerSource
) -> None:
    for number in range(250):
        put(sftp_drops[0], name=f"file_{number}.csv")
    for skip in range(6):
        relayed.is_ready()
        relay.cut_next(skip, after=bool(skip % 2))
        with pytest.raises(FileBusyError, match="connection to the SFTP server was cut"):
            list(relayed.store.children(FULL))
    assert len(list(relayed.store.children(FULL))) == 250


@pytest.mark.parametrize("after", [True, False])
def test_a_line_cut_at_a_rename_ends_the_attempt_and_the_next_one_finishes_it(
    sftp_drops: tuple[Path, ServerSource], relay: Relay, relayed: ServerSource, after: bool
) -> None:
    local, _ = sftp_drops
    for number in (1, 2, 3):
        renames = count(1)

        def at(name: str, made: bool, renames: Iterator[int] = renames, number: int = number) -> None:
            if name == "rename" and not made and next(renames) == number:
                relay.cut_next(after=after)

        file = relayed.find(put(local, at=1_700_000_000 + number))
        with pytest.raises(FileBusyError, match="connection to the SFTP server was cut"):
            watched(relayed, at).archive_processed(file, RECEIVED, 7)
        assert relayed.archive_processed(file, RECEIVED, 7)
        assert not (local / file.path).exists()
    assert len(names_in(local / FULL / "processed")) == 3


def test_a_server_that_is_away_is_a_failure_that_passes(relay: Relay, relayed: ServerSource) -> None:
    relay.cut(refuse=True)
    with pytest.raises(FileBusyError, match="cannot be reached"):
        for _ in range(5):  # the end of an open line may be noticed a moment later
            relayed.is_ready()
    relay.restore()
    assert relayed.is_ready()


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
