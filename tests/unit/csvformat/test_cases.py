"""Every file in tests/cases/csv is detected as the JSON beside it says, and read with those rows.

To add a case, drop ``name.csv`` and ``name.json``. Keys of the JSON are fields of ``Format``, and: ``decodes``
(a codec that gives the same text as the one detected), ``known_columns`` (the columns of the table), ``rows``,
``rejected`` and ``types`` (found by the full scan), ``error`` (words of the FormatError), ``scan_error`` (the
class of error that the scan raises).
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from refdata.core import errors
from refdata.core.errors import FormatError
from refdata.core.filemodel import Format
from refdata.core.knownformat import KnownFormat
from refdata.core.naming import column_names
from refdata.csvformat import detect
from refdata.csvformat.scan import scan

CASES = Path(__file__).parents[2] / "cases" / "csv"
FIELDS = {field.name for field in dataclasses.fields(Format)}


def wanted(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.with_suffix(".json").read_text("utf-8")))


@pytest.mark.parametrize("path", sorted(CASES.glob("*.csv")), ids=lambda path: path.stem)
def test_file_is_read_as_described(path: Path) -> None:
    want = wanted(path)
    if "error" in want:
        with pytest.raises(FormatError, match=want["error"]):
            detect(path)
        return
    found = detect(path, known=KnownFormat(columns=tuple(want.get("known_columns", ()))))
    assert {key: getattr(found, key) for key in FIELDS & want.keys()} == formatted(want)
    if "decodes" in want:
        assert path.read_bytes().decode(found.encoding) == path.read_bytes().decode(want["decodes"])
    check_scan(path, found, want)


def formatted(want: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if key == "header" else value for key, value in want.items() if key in FIELDS}


def check_scan(path: Path, found: Format, want: dict[str, Any]) -> None:
    names = column_names(found.header)
    if "scan_error" in want:
        with pytest.raises(getattr(errors, want["scan_error"])):
            scan(path, found, names)
    elif want.keys() & {"rows", "rejected", "types"}:
        scanned = scan(path, found, names)
        seen = {
            "rows": scanned.rows,
            "rejected": scanned.rejected,
            "types": [str(column.type) for column in scanned.columns],
        }
        assert {key: seen[key] for key in seen.keys() & want.keys()} == {
            key: want[key] for key in seen.keys() & want.keys()
        }


def test_there_are_enough_cases() -> None:
    files = {path.stem for path in CASES.glob("*.csv")}
    assert len(files) >= 150
    assert files == {path.stem for path in CASES.glob("*.json")}
