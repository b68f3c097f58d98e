"""What only drops on a Windows share show: files that are open elsewhere, names, links, protected answers."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import smbclient
from smbprotocol.exceptions import SMBException
from smbprotocol.header import SMB2HeaderResponse
from smbprotocol.open import FileAttributes
from smbprotocol.reparse_point import ReparseTags

from refdata.core.addresses import Address
from refdata.core.errors import DropoffError, FileBusyError, PermissionDeniedError
from refdata.dropoff.serversource import ServerSource
from refdata.dropoff.smbshare import _entry
from refdata.smbopening import smb_store
from refdata.sources import given_files
from tests.integration.server_meddling import FULL, RECEIVED, address_of, names_in, put
from tests.smb_server import PASSWORD, samba_server

Drops = tuple[Path, ServerSource]


@contextmanager
def program(source: ServerSource, path: str, mode: str, share: str | None) -> Iterator[Any]:
    """Another program of Windows that has a file open, and what it lets others do meanwhile."""
    lines: dict[str, Any] = {}
    account = {"username": samba_server().login, "password": PASSWORD, "port": samba_server().port}
    place = f"{source.store.prefix}\\{path.replace('/', chr(92))}"
    how = {"mode": mode, "share_access": share, "buffering": 0, "connection_cache": lines}
    with smbclient.open_file(place, **how, **account) as stream:
        yield stream
    smbclient.reset_connection_cache(connection_cache=lines)


@pytest.mark.parametrize(
    ("mode", "share", "is_listed"),
    [
        pytest.param("r+b", None, False, id="written, for nobody else"),
        pytest.param("r+b", "r", False, id="open in Excel"),
        pytest.param("r+b", "rwd", False, id="written, for everybody"),
        pytest.param("rb", "r", False, id="read, and may not be moved"),
        pytest.param("rb", "rd", True, id="read, and may be moved"),
    ],
)
def test_a_file_that_is_open_elsewhere_rests_when_it_is_closed(
    smb_drops: Drops, mode: str, share: str | None, is_listed: bool
) -> None:
    local, source = smb_drops
    path = put(local)
    put(local, name="other.csv")
    with program(source, path, mode, share):
        assert sorted(file.name for file in source.scan().files) == ["airports.csv"] * is_listed + ["other.csv"]
        listed = {place.path: place.reason for place in source.overlooked()}
        assert listed == (
            {} if is_listed else {path: "another program has it open; it is taken up when it is closed there"}
        )
        folder = f"{address_of(source)}/{FULL}"
        assert list(given_files(f"{folder}/airports.csv")) == [f"{folder}/airports.csv"] * is_listed
        assert len(given_files(f"{folder}/*.csv")) == 1 + is_listed
    assert len(source.scan().files) == 2
    assert source.overlooked() == ()


def test_a_file_that_somebody_opens_after_its_release_is_read_and_archived_when_it_is_closed(smb_drops: Drops) -> None:
    local, source = smb_drops
    file = source.find(put(local))
    with program(source, file.path, "r+b", "r"):
        with pytest.raises(FileBusyError, match="Another program has the file open"), source.open(file):
            pass
        with pytest.raises(FileBusyError, match="Another program has the file open"):
            source.archive_processed(file, RECEIVED, 7)
        assert source.is_there(file)
    assert source.archive_processed(file, RECEIVED, 7)
    assert names_in(local / FULL / "processed") == {"20241201_120000_airports.csv"}


def test_nobody_writes_to_a_file_while_it_is_read(smb_drops: Drops) -> None:
    local, source = smb_drops
    path = put(local, b"a\n" * (2 << 20))
    chunks = source.store.read(path)
    read = [next(chunks)]
    with pytest.raises(OSError, match="used by another process"), program(source, path, "r+b", "rwd"):
        pass
    assert b"".join([*read, *chunks]) == (local / path).read_bytes()


def test_each_byte_of_a_file_is_fetched_once(smb_drops: Drops) -> None:
    local, source = smb_drops
    file = source.find(put(local, b"a\n" * (3 << 20)))
    with source.store.server.session() as share:
        (line,) = share._connections.values()  # type: ignore[attr-defined]
    receive, sizes = line.transport.recv, []

    def counted(timeout: int) -> Any:
        answer = receive(timeout)
        sizes.append(len(answer or b""))
        return answer

    line.transport.recv = counted
    with source.open(file) as copy:
        assert Path(copy).stat().st_size == file.size
    line.transport.recv = receive
    assert file.size <= sum(sizes) < file.size + 20_000


@pytest.mark.parametrize(
    "name", ["rates 2024.csv", "Länder.csv", "日本 📈.csv", "a#%+'&;=,~[1].csv", f"{'x' * 200}.csv"]
)
def test_any_name_that_windows_can_have_is_read_and_archived(smb_drops: Drops, name: str) -> None:
    local, source = smb_drops
    put(local, name=name)
    (file,) = source.scan().files
    assert file.name == name
    with source.open(file) as copy:
        assert Path(copy).read_bytes() == b"a\n1\n"
    assert source.archive_processed(file, RECEIVED, 7)
    assert names_in(local / FULL) == {"processed"}


@pytest.mark.parametrize("name", ["x\\..\\..\\..\\x.csv", "a.csv:b.csv", "a?.csv", "a*.csv", "a|b.csv"])
def test_a_name_that_windows_cannot_have_leads_nowhere(smb_drops: Drops, name: str) -> None:
    local, source = smb_drops
    put(local, name="a.csv")
    (local / "x.csv").write_bytes(b"a\n1\n")
    with pytest.raises(DropoffError, match="can have no file of this name"):
        source.find(f"{FULL}/{name}")
    with pytest.raises(DropoffError, match="can have no file of this name"):
        source.put_own(f"{FULL}/{name}", b"a\n1\n")
    assert names_in(local / FULL) == {"a.csv"}


def test_a_name_that_only_the_servers_disk_can_have_hides_no_other(smb_drops: Drops) -> None:
    local, source = smb_drops
    put(local)
    for name in (b"caf\xe9.csv", b"a:b.csv", b"end.csv "):
        (local / FULL / os.fsdecode(name)).write_bytes(b"a\n1\n")
    found = source.scan()
    assert "airports.csv" in [file.name for file in found.files]


@pytest.mark.parametrize(
    ("attributes", "tag", "is_file", "is_folder"),
    [
        pytest.param(FileAttributes.FILE_ATTRIBUTE_NORMAL, 0, True, False, id="file"),
        pytest.param(FileAttributes.FILE_ATTRIBUTE_DIRECTORY, 0, False, True, id="folder"),
        pytest.param(0x400, ReparseTags.IO_REPARSE_TAG_SYMLINK, False, False, id="link to a file"),
        pytest.param(0x410, ReparseTags.IO_REPARSE_TAG_SYMLINK, False, False, id="link to a folder"),
        pytest.param(0x410, ReparseTags.IO_REPARSE_TAG_MOUNT_POINT, False, False, id="junction"),
        pytest.param(0x400, ReparseTags.IO_REPARSE_TAG_DEDUP, True, False, id="file without duplicate blocks"),
        pytest.param(0x20, ReparseTags.IO_REPARSE_TAG_SYMLINK, True, False, id="size of attributes, no tag"),
    ],
)
def test_links_and_junctions_are_neither_files_nor_folders(
    attributes: int, tag: int, is_file: bool, is_folder: bool
) -> None:
    found = _entry(attributes, tag, 0, RECEIVED)
    assert (found.is_file, found.is_folder) == (is_file, is_folder)


def test_an_answer_that_is_not_protected_ends_the_connection(smb_drops: Drops) -> None:
    _, source = smb_drops
    with source.store.server.session() as share:
        (line,) = share._connections.values()  # type: ignore[attr-defined]
        (session,) = line.session_table.values()
        answer = SMB2HeaderResponse()
        answer["session_id"] = session.session_id
        with pytest.raises(SMBException, match="not protected as agreed"):
            line.verify_signature(answer, session.session_id)


def test_without_the_right_to_write_a_file_is_read_and_stays(smb_drops: Drops) -> None:
    local, source = smb_drops
    file = source.find(put(local))
    address = Address.parse(address_of(source).replace("/files/", "/read%20only/"))
    readonly = dataclasses.replace(source, store=smb_store(address))
    assert readonly.scan().files == (file,)
    with readonly.open(file) as copy:
        assert Path(copy).read_bytes() == b"a\n1\n"
    with pytest.raises(PermissionDeniedError, match="lacks a right"):
        readonly.archive_processed(file, RECEIVED, 7)
    assert source.is_there(file)
