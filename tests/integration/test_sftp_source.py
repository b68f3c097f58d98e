"""What only drops on an SFTP server show: links, and names that are not UTF-8."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path

import pytest

from refdata.core.errors import DropoffError
from refdata.dropoff.serversource import ServerSource
from tests.integration.server_meddling import FULL, RECEIVED, names_in, put

_numbers = count(1)


def test_links_lead_nowhere(sftp_drops: tuple[Path, ServerSource], tmp_path: Path) -> None:
    local, source = sftp_drops
    elsewhere = local.parent / f"elsewhere-{next(_numbers)}"
    elsewhere.mkdir(mode=0o777)
    (elsewhere / "secret.csv").write_bytes(b"a\n1\n")
    (local / FULL / "link.csv").symlink_to(elsewhere / "secret.csv")
    assert source.scan().files == ()
    assert not source.exists(f"{FULL}/link.csv")
    file = source.find(put(local))
    (local / FULL / "processed").symlink_to(elsewhere)
    with pytest.raises(DropoffError, match="links are not followed"):
        source.archive_processed(file, RECEIVED, 7)
    assert names_in(elsewhere) == {"secret.csv"}
    (local / "none_reference_data_table" / "append").rmdir()
    (local / "none_reference_data_table" / "append").symlink_to(elsewhere)
    with pytest.raises(DropoffError, match="links are not followed"):
        source.scan()


def test_a_name_that_is_not_utf8_hides_no_other(sftp_drops: tuple[Path, ServerSource]) -> None:
    local, source = sftp_drops
    put(local)
    (local / FULL / os.fsdecode(b"caf\xe9.csv")).write_bytes(b"a\n1\n")
    found = source.scan()
    assert [file.name for file in found.files] == ["airports.csv"]
    assert [place.reason for place in found.malformed] == ["its name is not valid UTF-8"]
