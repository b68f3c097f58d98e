"""Two files whose names a person or a collation takes for one: each has its own row, its own fate, its own archive."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from refdata.core.model import FileStatus
from refdata.ingest.detect import detect_format

if TYPE_CHECKING:
    from tests.integration.ingest.conftest import Site

PAIRS = {
    "case": ("Cities.csv", "cities.csv"),
    "normal form": ("caf\u00e9.csv", "cafe\u0301.csv"),
    "width": ("\uff43ities.csv", "cities.csv"),
    "zero width": ("ci\u200cties.csv", "cities.csv"),
    "sharp s": ("straße.csv", "strasse.csv"),
    "accent": ("cafe.csv", "caf\u00e9.csv"),
}


@pytest.mark.parametrize(("first", "second"), PAIRS.values(), ids=PAIRS)
def test_names_that_are_alike_are_two_files(site: Site, first: str, second: str) -> None:
    one = site.drop(first, "code,name\n1,Graz\n", mtime=1_700_000_000)
    two = site.drop(second, "code,name\n2,Linz\n", mtime=1_700_000_100)
    for number, file in enumerate((one, two)):
        detect_format(site.deps, file, f"run {number}")
    create = {"new_table": "create"}
    rows = [site.load(file, f"run {number}", create) for number, file in enumerate((one, two))]
    assert [(row.file_name, row.status, row.error_message) for row in rows] == [
        (first, FileStatus.COMPLETED, None),
        (second, FileStatus.COMPLETED, None),
    ]
    assert rows[0].id != rows[1].id
    archived = [Path(row.file_path) for row in rows]
    assert [path.read_text() for path in archived] == ["code,name\n1,Graz\n", "code,name\n2,Linz\n"]
    assert list(Path(site.deps.settings.dropoff_root).glob("*/*/*.csv")) == []
