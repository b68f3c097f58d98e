"""Loads under a declared contract: names by header, policies, keys, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from refdata.core.model import FileStatus
from tests.integration.ingest.conftest import Site

CITIES = "Code,City name,Population\n01,Graz,300000\n02,Linz,210000\n"


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    """A site whose settings never ask about columns and types: these cases are about the load itself."""
    return make_site(on_missing_column="null", on_type_change="widen")


def declare(site: Site, text: str, table: str = "cities") -> None:
    folder = Path(site.deps.settings.contracts_folder)
    folder.mkdir(exist_ok=True)
    (folder / f"{table}.yaml").write_text(text, encoding="utf-8")


def test_columns_get_the_names_that_the_contract_gives_their_headers(site: Site) -> None:
    declare(site, """
schema:
  fields:
    - {name: Code, refdata: {column: city_code}}
    - {name: label, title: City name}
    - {name: inhabitants, refdata: {headers: [Population, Einwohner]}}
""")  # fmt: skip
    assert site.load(site.drop("cities.csv", CITIES)).status is FileStatus.COMPLETED
    assert list(site.columns("cities"))[:3] == ["city_code", "label", "inhabitants"]
    reordered = "Einwohner,Code,City name\n4,03,Wels\n"
    assert site.load(site.drop("cities_2.csv", "x\n")).status is FileStatus.COMPLETED
    assert site.load(site.drop("cities.csv", reordered), "run 2").status is FileStatus.COMPLETED
    assert site.rows("cities", "city_code, label, inhabitants") == [("03", "Wels", 4)]


MIXED = "Code,City name\n01,Graz\n02,Würgl\n03,Köflach\n04,Völs\n".encode() + b"05,Sch\xe4rding\n"


def test_lines_in_another_encoding_are_read_in_the_fallback_and_reported(site: Site) -> None:
    declare(site, "refdata: {decode_fallback: cp1252}\n")
    row = site.load(site.drop("cities.csv", MIXED))
    assert row.status is FileStatus.COMPLETED, row.error_message
    assert site.rows("cities", "city_name")[-1] == ("Schärding",)
    assert [one for one in row.warnings if "1 line could not be decoded as utf-8" in one and "line 6" in one]


def test_lines_in_another_encoding_are_rejects_without_a_fallback(site: Site) -> None:
    row = site.load(site.drop("cities.csv", MIXED))
    assert (row.status, row.error_category, row.rows_rejected) == (FileStatus.ERROR, "data", 1)
    rejects = next(Path(row.file_path).parent.glob("*.rejects.csv")).read_text("utf-8")
    assert "byte 0xE4 at offset 60 is not valid utf-8" in rejects and "Sch\\xE4rding" in rejects


@pytest.mark.parametrize(
    ("policy", "content", "status", "message"),
    [
        ("on_new_column: refuse", CITIES.replace("Population", "Area"), "error", "area (header 'Area')"),
        ("on_new_column: add", "Code,City name,Population,Area\n01,Graz,3,5\n", "completed", ""),
        ("on_missing_column: refuse", "Code,City name\n01,Graz\n", "error", "lacks a column: population"),
        ("on_missing_column: hold", "Code,City name\n01,Graz\n", "pending", "population is missing from cities.csv"),
        ("on_missing_column: null", "Code,City name\n01,Graz\n", "completed", ""),
        ("on_type_change: refuse", CITIES.replace("210000", "many"), "error", "population is INT"),
        ("on_type_change: widen", CITIES.replace("210000", "many"), "completed", ""),
        ("frozen: true", CITIES.replace("210000", "9999999999"), "error", "is frozen"),
        ("frozen: perhaps", CITIES, "error", "contracts/cities.yaml, line 1"),
    ],
)
def test_policies_decide_on_what_differs_and_a_refusal_leaves_the_table_alone(
    site: Site, policy: str, content: str, status: str, message: str
) -> None:
    assert site.load(site.drop("cities.csv", CITIES)).status is FileStatus.COMPLETED
    before = site.columns("cities")
    declare(site, f"refdata: {{{policy}, min_column_match: 0.1}}")
    row = site.load(site.drop("cities.csv", content + "\n"), "run 2")
    assert row.status.value == status, row.error_message
    assert message in (row.error_message or "")
    if status == "error":
        assert site.columns("cities") == before
        assert len(site.rows("cities")) == 2
        assert row.error_category in ("schema", "configuration")


def test_allowed_differences_are_warnings_of_the_load(site: Site) -> None:
    site.load(site.drop("cities.csv", CITIES))
    Path(site.deps.settings.tables_file).write_text("tables: {cities: {max_rejected_rows: 3}}")
    declare(site, 'refdata: {max_rejected_rows: 5, min_column_match: 0.5, on_missing_column: "null"}')
    row = site.load(site.drop("cities.csv", "Code,City name\n01,Graz\n"), "run 2")
    assert row.status is FileStatus.COMPLETED
    warned = " ".join(row.warnings)
    assert "population, which becomes NULL" in warned
    assert "max_rejected_rows is 5, declared in contracts/cities.yaml, line 1; 3" in warned


def test_a_primary_key_serves_for_comparing_versions(site: Site) -> None:
    declare(site, "schema: {primaryKey: Code, fields: [{name: Code}]}")
    assert site.deps.rules("cities").keys == ("code",)


def test_a_broken_contract_refuses_the_files_of_its_table_alone(make_site: Callable[..., Site]) -> None:
    site = make_site()
    declare(site, "encodng: utf-8\n")
    row = site.load(site.drop("cities.csv", CITIES))
    assert (row.status, row.error_category) == (FileStatus.ERROR, "configuration")
    assert "did you mean encoding" in (row.error_message or "")
    assert site.load(site.drop("towns.csv", CITIES)).status is FileStatus.COMPLETED


@pytest.mark.parametrize(
    ("contract", "content", "expected"),
    [
        ("encoding: cp850", "Code,Name\n1,Köln\n".encode("cp850"), [(1, "Köln")]),
        (
            'dialect: {delimiter: ","}',
            b"Code,Name\n1,a;b;c\n2,d;e;f\n3,g;h;i\n",
            [(1, "a;b;c"), (2, "d;e;f"), (3, "g;h;i")],
        ),
        ('dialect: {delimiter: "^"}', b"Code^Name\n1^Graz\n", [(1, "Graz")]),
        ('dialect: {quoteChar: ""}', b'Code;Name\n1;5"\n2;"6\n', [(1, '5"'), (2, '"6')]),
        ("dialect: {headerRows: [3]}", b"Stand;2024\nQuelle;me\nCode;Name\n1;Graz\n", [(1, "Graz")]),
        ("dialect: {headerRows: [1], commentRows: [2]}", b"Code;Name\n-;text\n1;Graz\n", [(1, "Graz")]),
        (
            "dialect: {header: false}\nschema: {fields: [{name: column_1, refdata: {column: code}},"
            " {name: column_2, refdata: {column: name}}]}",
            b"1;Graz\n2;Linz\n",
            [(1, "Graz"), (2, "Linz")],
        ),
        ('dialect: {commentChar: ""}', b"Code;Name\n1;x\n# a;y\n2;z\n", [("1", "x"), ("# a", "y"), ("2", "z")]),
    ],
)
def test_a_file_is_read_as_its_contract_states(
    site: Site, contract: str, content: bytes, expected: list[tuple[object, object]]
) -> None:
    declare(site, contract)
    row = site.load(site.drop("cities.csv", content))
    assert row.status is FileStatus.COMPLETED, row.error_message
    assert site.rows("cities", "code, name") == expected


def test_a_file_that_contradicts_its_contract_is_refused_with_the_place(site: Site) -> None:
    declare(site, "encoding: cp1252\n")
    row = site.load(site.drop("cities.csv", "Code,Name\n1,Köln\n".encode()))
    assert (row.status, row.error_category) == (FileStatus.ERROR, "format")
    assert "The contract (contracts/cities.yaml) states the encoding cp1252" in (row.error_message or "")


@pytest.mark.parametrize(
    ("field", "value", "kind", "stored"),
    [
        ("type: string", "1001", "NVARCHAR(10)", "1001"),
        ("type: string", "1,50", "NVARCHAR(10)", "1,50"),
        ("refdata: {type: BIGINT}", "7", "BIGINT", 7),
        ("refdata: {type: NVARCHAR(7)}", "7", "NVARCHAR(7)", "7"),
        ("type: date", "", "DATE", None),
        ("refdata: {type: DATETIME2}", "2024-12-01", "DATETIME2", None),
    ],
)
def test_columns_get_the_types_that_are_declared(site: Site, field: str, value: str, kind: str, stored: object) -> None:
    declare(site, f"dialect: {{delimiter: ;}}\nschema: {{fields: [{{name: Code}}, {{name: Wert, {field}}}]}}")
    row = site.load(site.drop("cities.csv", f"Code;Wert\n1;{value}\n"))
    assert row.status is FileStatus.COMPLETED, row.error_message
    assert site.columns("cities")["wert"] == kind
    if kind != "DATETIME2":  # each engine has a form of its own for moments
        assert site.rows("cities", "wert") == [(stored,)]


def test_codes_that_are_declared_as_text_keep_their_zeros_in_a_later_file(site: Site) -> None:
    declare(site, "schema: {fields: [{name: Code, type: string}]}")
    site.load(site.drop("cities.csv", "Code,Name\n1001,Graz\n1002,Linz\n"))
    row = site.load(site.drop("cities.csv", "Code,Name\n01001,Graz\n1002,Linz\n"), "run 2")
    assert row.status is FileStatus.COMPLETED
    assert site.rows("cities", "code") == [("01001",), ("1002",)]
    assert row.warnings == ()
