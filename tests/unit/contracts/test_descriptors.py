"""Descriptors of other tools: packages, resources and schemas, of version 1 and 2 of the standard."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import frictionless
import pytest
from frictionless.resources import TableResource

from refdata.contracts.descriptors import read_descriptor
from refdata.contracts.reading import read_contract
from refdata.core.errors import ConfigurationError

SCHEMA = {"fields": [{"name": "Code", "type": "string"}, {"name": "Day", "type": "date", "format": "%d/%m/%Y"}]}
RESOURCE = {"name": "rates", "path": "rates.csv", "profile": "tabular-data-resource", "schema": SCHEMA}


def write(folder: Path, content: Any, name: str = "datapackage.json") -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content, indent=2), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("content", "name", "table", "expected"),
    [
        (RESOURCE, "dataresource.json", "", "rates"),
        ({"name": "p", "resources": [RESOURCE]}, "datapackage.json", "", "rates"),
        ({"resources": [{"name": "other"}, RESOURCE]}, "datapackage.json", "rates", "rates"),
        (SCHEMA, "rates.json", "", "rates"),
        (SCHEMA, "schema.json", "rates", "rates"),
        ("fields:\n- {name: Code}\n- {name: Day, type: date, format: '%d/%m/%Y'}\n", "rates.yaml", "", "rates"),
    ],
)
def test_packages_resources_and_schemas_are_read(
    tmp_path: Path, content: Any, name: str, table: str, expected: str
) -> None:
    found = read_descriptor(write(tmp_path, content, name), table).contract
    assert (found.table, [column.name for column in found.fields]) == (expected, ["code", "day"])
    assert (found.fields[1].date_order, found.fields[1].date_separator) == ("dmy", "/")


def test_names_of_version_1_are_read(tmp_path: Path) -> None:
    content = {
        "name": "rates",
        "dialect": {"csvddfVersion": "1.2", "delimiter": ";", "caseSensitiveHeader": False, "doubleQuote": True},
        "schema": {
            "fields": [{"name": "Code", "constraints": {"required": True}}, {"name": "Day", "format": "default"}],
            "primaryKey": "Code",
            "foreignKeys": [{"fields": "Code", "reference": {"resource": "", "fields": "Code"}}],
            "missingValues": ["", "-"],
        },
    }
    read = read_descriptor(write(tmp_path, content))
    found = read.contract
    assert (found.dialect.delimiter, found.primary_key, found.missing_values) == (";", ("code",), ("", "-"))
    assert found.foreign_keys is not None
    assert found.foreign_keys[0].table == "rates"
    assert (found.dialect.header_case, read.left_aside) == (False, ())


def test_descriptors_of_frictionless_are_read(tmp_path: Path) -> None:
    (tmp_path / "rates.csv").write_text("Code;Rate;Day\nA;1.5;2024-12-01\nB;2;2024-12-02\n")
    resource = TableResource(path="rates.csv", basepath=str(tmp_path))
    resource.infer(stats=True)
    found = read_descriptor(write(tmp_path, resource.to_descriptor())).contract
    assert found.dialect.delimiter == ";"
    assert [column.type for column in found.fields] == ["string", "number", "date"]


DESCRIBED = {
    "frictionless 4": {
        "profile": "tabular-data-resource", "control": {"newline": ""}, "layout": {"headerRows": [1]}, "query": {},
        "stats": {"hash": "a", "bytes": 9, "fields": 2, "rows": 2}, "hashing": "md5",
        "schema": {"fields": [{"name": "Code", "type": "string", "floatNumber": True}]},
    },
    "frictionless 5": {
        "type": "table", "scheme": "file", "format": "csv", "mediatype": "text/csv", "hash": "sha256:1", "bytes": 9,
        "fields": 2, "rows": 2, "dialect": {"type": "dialect", "skipBlankRows": True, "csv": {"title": "x"}},
    },
    "package 1": {"image": "a.png", "sources": [], "licenses": [], "schema": {"profile": "x", **SCHEMA}},
    "package 2": {"$schema": "x", "contributors": [], "version": "1", "dialect": {"$schema": "x", "title": "t"}},
    "other formats": {"dialect": {"json": {}, "ods": {}, "sql": {}, "remote": {}}},
}  # fmt: skip


@pytest.mark.parametrize("content", DESCRIBED.values(), ids=DESCRIBED)
def test_keys_that_the_standards_or_frictionless_know_are_accepted_in_a_contract(content: dict[str, Any]) -> None:
    assert read_contract(json.dumps({"name": "rates", **content}), "rates", "rates.json").table == "rates"


def test_a_description_with_statistics_is_a_contract(tmp_path: Path) -> None:
    (tmp_path / "rates.csv").write_text("Code;Rate\nA;1.5\nB;2\n")
    described = frictionless.describe("rates.csv", basepath=str(tmp_path), stats=True).to_descriptor()
    assert described["rows"] == 2
    assert read_contract(json.dumps(described), "rates", "rates.json").dialect.delimiter == ";"


def test_unknown_keys_are_ignored_and_listed_with_their_lines(tmp_path: Path) -> None:
    content = {
        "name": "rates",
        "statistic": {"rows": 2},
        "schema": {"fields": [{"name": "Day", "type": "date", "format": "%A %d"}]},
    }
    read = read_descriptor(write(tmp_path, content))
    assert [str(problem).partition(";")[0] for problem in read.left_aside] == [
        "line 3: unknown key statistic",
        "line 11, schema.fields[1].format: '%A %d' cannot be read",
    ]
    assert (read.contract.fields[0].type, read.contract.fields[0].format) == ("date", None)


def test_a_dialect_or_schema_in_a_file_beside_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    write(tmp_path, SCHEMA, "parts/schema.json")
    write(tmp_path, "delimiter: ;\n", "dialect.yaml")
    content = {"name": "rates", "dialect": "dialect.yaml", "schema": "parts/schema.json"}
    found = read_descriptor(write(tmp_path, content)).contract
    assert (found.dialect.delimiter, len(found.fields)) == (";", 2)


@pytest.mark.parametrize(
    ("content", "table", "what"),
    [
        ({"resources": [{"name": "a"}, {"name": "b"}]}, "", "has the resources a, b; one of them must be chosen"),
        ({"resources": [{"name": "a"}]}, "rates", "has the resources a, and none is rates"),
        ({"resources": []}, "", "none with a name"),
        ({"name": "a", "schema": "../schema.json"}, "", "not a file beside or below"),
        ({"name": "a", "schema": "https://example.org/schema.json"}, "", "not a file beside or below"),
        ({"name": "a", "schema": "/etc/passwd"}, "", "not a file beside or below"),
        ({"name": "a", "schema": {"fields": [{"name": "x", "type": "money"}]}}, "", "'money' is not one of"),
        ("{", "", "cannot be read"),
    ],
)
def test_unreadable_descriptors_are_refused(tmp_path: Path, content: Any, table: str, what: str) -> None:
    (tmp_path.parent / "schema.json").write_text("{}")
    with pytest.raises(ConfigurationError) as caught:
        read_descriptor(write(tmp_path, content), table)
    assert what in caught.value.what
