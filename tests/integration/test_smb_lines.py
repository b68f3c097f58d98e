"""Lines to a file server over SMB that are cut, refused, or silent."""

from __future__ import annotations

import dataclasses
import os
import random
import signal
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from refdata.core.addresses import Address
from refdata.core.errors import FileBusyError
from refdata.dropoff import smbshare
from refdata.dropoff.serversource import ServerSource
from refdata.smbopening import smb_store
from tests.integration.relay import Relay
from tests.integration.server_meddling import FULL, RECEIVED, names_in, put, watched
from tests.smb_server import samba_server

Drops = tuple[Path, ServerSource]


@pytest.fixture
def relay(monkeypatch: pytest.MonkeyPatch) -> Iterator[Relay]:
    relay = Relay("127.0.0.1", samba_server().port)
    monkeypatch.setenv("AIRFLOW_CONN_RELAYED", samba_server().connection(port=relay.port))
    yield relay
    relay.close()


@pytest.fixture
def relayed(smb_drops: Drops, relay: Relay) -> Iterator[ServerSource]:
    """The same root by way of the relay, over an open connection."""
    _, source = smb_drops
    place = source.place.removeprefix("smb://127.0.0.1")
    source = dataclasses.replace(source, store=smb_store(Address.parse(f"smb://relayed@127.0.0.1:{relay.port}{place}")))
    source.is_ready()
    yield source
    source.store.server.close()


def test_a_line_cut_while_a_file_is_read_ends_the_attempt_and_the_next_one_reads_it(
    smb_drops: Drops, relay: Relay, relayed: ServerSource
) -> None:
    content = random.Random(1).randbytes(6 << 20)
    file = relayed.find(put(smb_drops[0], content))
    chunks = relayed.store.read(file.path)
    next(chunks)
    relay.cut()
    with pytest.raises(FileBusyError, match="connection to the file server was cut"):
        list(chunks)
    with relayed.open(file) as copy:
        assert Path(copy).read_bytes() == content


def test_a_line_cut_within_a_listing_is_no_empty_folder(smb_drops: Drops, relay: Relay, relayed: ServerSource) -> None:
    for number in range(250):
        put(smb_drops[0], name=f"file_{number}.csv")
    for skip in range(4):
        relayed.is_ready()
        relay.cut_next(skip, after=bool(skip % 2))
        with pytest.raises(FileBusyError, match="connection to the file server was cut"):
            relayed.scan()
    assert len(relayed.scan().files) == 250


@pytest.mark.parametrize("after", [True, False])
def test_a_line_cut_at_a_rename_ends_the_attempt_and_the_next_one_finishes_it(
    smb_drops: Drops, relay: Relay, relayed: ServerSource, after: bool
) -> None:
    """The dropped file's rename is four requests: a look at the target, opening the file, its new name, closing it."""
    local, _ = smb_drops
    for skip in (0, 1, 2, 3):
        renames = count(1)

        def at(name: str, made: bool, renames: Iterator[int] = renames, skip: int = skip) -> None:
            if name == "rename" and not made and next(renames) == 2:
                relay.cut_next(skip, after=after)

        file = relayed.find(put(local, at=1_700_000_000 + skip))
        with pytest.raises(FileBusyError, match="connection to the file server was cut"):
            watched(relayed, at).archive_processed(file, RECEIVED, 7)
        assert relayed.archive_processed(file, RECEIVED, 7)
        assert not (local / file.path).exists()
    assert len(names_in(local / FULL / "processed")) == 4


def test_a_server_that_is_away_is_a_failure_that_passes(relay: Relay, relayed: ServerSource) -> None:
    relay.cut(refuse=True)
    with pytest.raises(FileBusyError, match=r"cannot be reached|was cut"):
        for _ in range(5):  # the end of an open line may be noticed a moment later
            relayed.is_ready()
    relay.restore()
    assert relayed.is_ready()


def test_a_server_that_does_not_answer_counts_as_cut(
    smb_drops: Drops, relayed: ServerSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(smb_drops[0])
    monkeypatch.setattr(smbshare, "_PATIENCE", 1)
    monkeypatch.setattr(smbshare, "_CONNECT", 1)
    os.killpg(samba_server().group, signal.SIGSTOP)
    try:
        for _ in ("over the open line", "over a new one"):
            with pytest.raises(FileBusyError, match=r"was cut|cannot be reached"):
                relayed.scan()
    finally:
        os.killpg(samba_server().group, signal.SIGCONT)
    assert len(relayed.scan().files) == 1
