"""Sealed files: everything that is written can be read from any place, and nothing of it is on the disk."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdata.copies.cells import CellKind, CellRow
from refdata.copies.sheetcopy import copy_sheet
from refdata.copies.spool import Spool
from refdata.sealing import is_sealed, open_local, path_of, temporary_file


@given(st.lists(st.binary(max_size=70), max_size=8), st.lists(st.tuples(st.integers(0, 600), st.integers(0, 99))))
def test_every_part_reads_as_it_was_written(parts: list[bytes], looks: list[tuple[int, int]]) -> None:
    whole = b"".join(parts)
    with temporary_file(sealed=True) as file:
        for part in parts:
            file.write(part)
        file.flush()
        with open_local(path_of(file)) as one, open_local(path_of(file), buffering=0) as other:
            for place, size in looks:
                one.seek(place)
                assert one.read(size) == whole[place : place + size]
            assert other.read() == whole
        file.seek(0)
        assert file.read() == whole


def test_nothing_of_the_content_is_on_the_disk() -> None:
    secret = b"Jean-Luc;4111111111111111\n" * 400
    with temporary_file(sealed=True) as file, temporary_file(sealed=True) as again:
        for one in (file, again):
            one.write(secret)
            one.flush()
        stored, other = path_of(file).read_bytes(), path_of(again).read_bytes()
    assert len(stored) == len(secret)
    assert all(secret[at : at + 8] not in stored for at in range(26))
    assert len(set(stored)) > 200, "it does not repeat as the content does"
    assert stored != other, "each file has a key of its own"


def test_a_path_is_sealed_as_long_as_its_file_is_open() -> None:
    with temporary_file(sealed=True) as file:
        path = path_of(file)
        assert is_sealed(path)
    assert not is_sealed(path)
    with temporary_file(sealed=False) as plain:
        assert not is_sealed(path_of(plain))


def test_what_was_written_is_not_written_over() -> None:
    with temporary_file(sealed=True) as file:
        file.write(b"one")
        file.seek(0)
        with pytest.raises(io.UnsupportedOperation):
            file.write(b"two")


def test_a_sheet_leaves_no_plain_row_on_its_way_into_a_sealed_copy() -> None:
    secret = "Jean-Luc"

    def rows() -> Iterator[CellRow]:
        for _ in range(5_000):
            yield [(secret, CellKind.TEXT)]
        open_files = [path for path in Path("/proc/self/fd").iterdir() if path.is_file()]
        assert [path for path in open_files if secret.encode() in path.read_bytes()] == []

    with temporary_file(sealed=True) as file:
        spool = Spool.beside(path_of(file), 1 << 20)
        copy_sheet(rows(), spool)
        assert open_local(spool.path).read().count(secret.encode()) == 5_000
        assert secret.encode() not in spool.path.read_bytes()
        spool.close()
