"""``refdata contract``, as a person types it."""

# ruff: noqa: F811  the fixture is imported, as pytest finds it by its name

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from frictionless import Package
from frictionless.resources import TableResource

from refdata import cli
from refdata.contracts.reading import read_contract
from refdata.contracts.schema import json_schema
from tests.integration.cli.test_commands import FULL, asked, root  # noqa: F401  a fixture

AIRPORTS = "IATA code;Name;Elevation;Opened\r\nGRZ;Graz;340,5;01.02.1914\r\nVIE;Wien;183,0;13.05.1954\r\n"

KEYED = """
schema:
  foreignKeys:
    - {fields: [Country code], reference: {resource: countries, fields: [iso_code]}}
    - {fields: [Twin], reference: {resource: "", fields: [city]}}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "airports_20241201.csv"
    path.write_bytes(AIRPORTS.encode())
    return path


def load(root: Path, content: str, name: str = "airports.csv") -> int:
    (root / FULL / name).write_bytes(content.encode())
    return cli.main(["load", f"{FULL}/{name}"])


def declare(root: Path, text: str, table: str = "airports") -> None:
    (root / "contracts").mkdir(exist_ok=True)
    (root / "contracts" / f"{table}.yaml").write_text(text)


def test_a_contract_is_begun_out_of_a_file_and_written_once(
    root: Path,
    file: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["contract", "init", str(file)]) == 0
    printed = capsys.readouterr().out
    found = read_contract(printed, "airports", "f")
    assert (found.dialect.delimiter, [column.name for column in found.fields]) == (
        ";", ["iata_code", "name", "elevation", "opened"])  # fmt: skip
    assert (found.fields[2].decimal_char, found.fields[3].date_order) == (",", "dmy")
    assert "#primaryKey: [iata_code]" in printed
    assert cli.main(["contract", "init", str(file), "--write"]) == 0
    assert (root / "contracts" / "airports.yaml").read_text() == printed
    assert cli.main(["contract", "init", str(file), "--write"]) == 1
    assert "already has a contract" in capsys.readouterr().err


def test_a_contract_that_was_begun_out_of_a_file_takes_it_without_a_word(
    root: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(',Code,At,Amount\nx,1,10:15,"1,5"\ny,2,09:05,"2,5"\nz,3,23:59,"3,5"\n')
    assert cli.main(["contract", "init", str(file), "--write"]) == 0
    capsys.readouterr()
    code, done = asked(capsys, "contract", "check", str(file))
    assert (code, done["action"], done["findings"]) == (0, "load", []), done
    assert load(root, file.read_text()) == 0
    assert cli.main(["contract", "diff", "airports"]) == 0


def test_a_contract_is_begun_out_of_a_live_table(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    load(root, AIRPORTS)
    capsys.readouterr()
    assert cli.main(["contract", "init", "Airports"]) == 0
    found = read_contract(capsys.readouterr().out, "airports", "f")
    assert (found.dialect.delimiter, found.encoding) == (";", "utf-8")
    assert [column.type for column in found.fields] == ["string", "string", "number", "date"]
    assert cli.main(["contract", "init", "nowhere"]) == 1
    assert "neither a table nowhere nor a contract" in capsys.readouterr().err


def test_a_contract_is_begun_out_of_a_descriptor(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    resource = {
        "name": "rates",
        "statistic": 1,
        "schema": {"fields": [{"name": "Code", "constraints": {"unique": True}}]},
    }
    path = tmp_path / "datapackage.json"
    path.write_text(json.dumps({"resources": [resource, {"name": "other"}]}))
    assert cli.main(["contract", "init", str(path)]) == 1
    assert "one of them must be chosen" in capsys.readouterr().err
    assert cli.main(["contract", "init", str(path), "--table", "rates", "--write"]) == 0
    written = (root / "contracts" / "rates.yaml").read_text()
    assert "# Ignored in datapackage.json: line 1: unknown key statistic" in written
    assert read_contract(written, "rates", "f").fields[0].constraints[0].kind == "unique"


def test_every_fact_is_shown_with_where_it_comes_from(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    declare(root, "refdata:\n  steward: ann@example.org\n")
    load(root, AIRPORTS)
    capsys.readouterr()
    code, facts = asked(capsys, "contract", "show", "airports")
    origins = {fact["key"]: (fact["value"], fact["origin"]["text"]) for fact in facts}
    assert code == 0
    assert origins["refdata.steward"] == ("ann@example.org", "declared in contracts/airports.yaml, line 2")
    assert origins["dialect.delimiter"] == (";", "learned from load 1, airports.csv")
    assert origins["schema.fields.elevation.decimalChar"] == (",", "learned from load 1, airports.csv")
    assert cli.main(["contract", "show", "airports"]) == 0
    assert "ann@example.org" in capsys.readouterr().out


CHECKS = [
    ("", AIRPORTS, 0, "load", ""),
    ("schema: {fields: [{name: IATA code}, {name: Country}]}", AIRPORTS, 0, "warn", "country, which becomes NULL"),
    ("schema: {fieldsMatch: equal, fields: [{name: Code}]}", AIRPORTS, 1, "refuse", "do not match fieldsMatch equal"),
    (
        "refdata: {on_new_column: refuse}\nschema: {fields: [{name: Name}]}",
        AIRPORTS,
        1,
        "refuse",
        "(header 'IATA code')",
    ),
    (
        "refdata: {on_missing_column: hold}\nschema: {fields: [{name: Gone}]}",
        AIRPORTS,
        1,
        "hold",
        "lacks a column: gone",
    ),
    ("schema: {fields: [{name: Elevation, type: integer}]}", AIRPORTS, 1, "hold", "elevation is integer"),
    ("refdata: {frozen: true}", AIRPORTS, 1, "refuse", "is frozen"),
    ("refdata: {frozen: perhaps}", AIRPORTS, 1, "refuse", "contracts/airports.yaml, line 1"),
    ("schema: {fields: [{name: IATA code, constraints: {pattern: 'G.*'}}]}", AIRPORTS, 1, "refuse", "line 3: "),
    (
        "schema: {fields: [{name: IATA code, constraints: {pattern: 'G.*'}, refdata: {warn: pattern}}]}",
        AIRPORTS,
        0,
        "warn",
        "iata_code",
    ),
    (
        "schema: {fields: [{name: IATA code, constraints: {pattern: 'G.*'}}]}\nrefdata: {max_rejected_rows: 1}",
        AIRPORTS,
        0,
        "load",
        "line 3: ",
    ),
    ("schema: {primaryKey: Name, fields: [{name: Name}]}", AIRPORTS, 0, "load", "Keys and references are checked when"),
    ("", "a;b\n1\n2;3\n", 1, "refuse", "1 of 2 rows is damaged; 0 are allowed"),
    ("", "", 1, "refuse", "The file is empty"),
]


@pytest.mark.parametrize(("contract", "content", "code", "action", "what"), CHECKS)
def test_a_check_says_what_would_become_of_a_file_and_changes_nothing(
    root: Path, file: Path, capsys: pytest.CaptureFixture[str],
    contract: str, content: str, code: int, action: str, what: str,
) -> None:  # fmt: skip
    asked(capsys, "init-db")
    declare(root, contract)
    file.write_bytes(content.encode())
    got, done = asked(capsys, "contract", "check", str(file))
    assert (got, done["table"], done["action"]) == (code, "airports", action)
    assert what in json.dumps(done, ensure_ascii=False)
    assert cli.main(["contract", "check", str(file)]) == code
    assert what.replace("\\", "") in " ".join(capsys.readouterr().out.split())
    assert asked(capsys, "history")[1] == []
    assert asked(capsys, "tables")[1] == []


@pytest.mark.parametrize(
    ("contract", "content", "code"), [(one[0], one[1], one[2]) for one in CHECKS if one[3] != "hold"]
)
def test_a_load_does_what_the_check_said(
    root: Path,
    capsys: pytest.CaptureFixture[str],
    contract: str,
    content: str,
    code: int,
) -> None:
    declare(root, contract)
    assert load(root, content) == code


def test_the_table_of_a_file_may_be_named(root: Path, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked(capsys, "init-db")
    declare(root, "refdata: {frozen: true}", "cities")
    assert asked(capsys, "contract", "check", str(file), "--table", "Cities")[1]["action"] == "refuse"
    cli.main(["contract", "init", str(file), "--table", "cities"])
    assert "name: cities" in capsys.readouterr().out


def test_declared_facts_are_compared_with_the_table_and_its_loads(
    root: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    load(root, AIRPORTS)
    declare(root, """
encoding: cp1252
dialect: {delimiter: ";"}
schema:
  primaryKey: Country
  fields: [{name: IATA code}, {name: Country}, {name: Elevation, type: integer}, {name: Name, type: date}]
""")  # fmt: skip
    capsys.readouterr()
    code, found = asked(capsys, "contract", "diff", "airports")
    assert code == 1
    assert {(one["key"], one["declared"], one["actual"]) for one in found} == {
        ("encoding", "cp1252", "utf-8"),
        ("schema.fields.country", "declared", ""),
        ("schema.fields.name.type", "date", "NVARCHAR(10)"),
        ("schema.fields.opened", "", "in the table"),
        ("schema.primaryKey", "country", ""),
    }
    declare(root, "encoding: utf-8\n")
    assert cli.main(["contract", "diff", "airports"]) == 0
    assert "Nothing differs." in capsys.readouterr().out


def test_frictionless_reads_what_is_exported_with_the_file_that_was_loaded(
    root: Path,
    tmp_path: Path,
    file: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    load(root, AIRPORTS)
    capsys.readouterr()
    assert cli.main(["contract", "export", "airports", "--path", file.name]) == 0
    written = capsys.readouterr().out
    (tmp_path / "airports.yaml").write_text(written)
    resource = TableResource.from_descriptor(str(tmp_path / "airports.yaml"))
    assert resource.validate().valid
    assert [row["IATA code"] for row in resource.read_rows()] == ["GRZ", "VIE"]
    code, exported = asked(capsys, "contract", "export", "airports", "--path", file.name)
    assert (code, exported) == (0, yaml.safe_load(written))
    assert read_contract(written, "airports", "f").fields[2].decimal_char == ","


@pytest.mark.parametrize(("country", "valid"), [("AT", True), ("XX", False)])
def test_frictionless_checks_the_foreign_keys_of_an_exported_package(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    country: str, valid: bool,
) -> None:  # fmt: skip
    declare(root, KEYED, "cities")
    load(root, "ISO code,Name\nAT,Austria\nDE,Germany\n", "countries.csv")
    load(root, "City,Country code,Twin\nGraz,AT,Bonn\nBonn,DE,Graz\n", "cities.csv")
    monkeypatch.chdir(tmp_path)
    for table in ("countries", "cities"):
        assert cli.main(["export", table, "--output", f"{table}.csv"]) == 0
    capsys.readouterr()
    assert cli.main(["contract", "export", "cities", "--package"]) == 0
    (tmp_path / "datapackage.yaml").write_text(capsys.readouterr().out)
    cities = tmp_path / "cities.csv"
    cities.write_text(cities.read_text().replace("Graz,AT", f"Graz,{country}"))
    report = Package("datapackage.yaml").validate()
    assert [task.name for task in report.tasks] == ["cities", "countries"]
    assert (report.valid, report.flatten(["type"])) == (valid, [] if valid else [["foreign-key"]])


def test_a_contract_may_be_begun_and_checked_before_anything_was_loaded(
    root: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked(capsys, "contract", "check", str(file))[1]["action"] == "load"
    declare(root, "encoding: cp1252\n")
    assert asked(capsys, "contract", "show", "airports")[1][0]["value"] == "cp1252"
    assert cli.main(["init-db", "--check"]) == 1, "nothing was made"


def test_the_schema_for_editors_is_printed(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found: tuple[int, Any] = asked(capsys, "contract", "schema")
    assert found == (0, json_schema())


def test_a_text_column_is_typed_again_after_a_preview(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    declare(root, "name: airports\nschema: {fields: [{name: elevation, type: string}]}\n")
    assert load(root, AIRPORTS) == 0
    declare(root, "name: airports\nschema: {fields: [{name: elevation, type: number, decimalChar: ','}]}\n")
    capsys.readouterr()
    command = ["contract", "retype", "airports", "elevation"]
    assert cli.main([*command, "INT", "--apply"]) == 1
    said = capsys.readouterr().out
    assert "1 value does not fit" in said
    assert "340,5" in said
    assert cli.main([*command, "DECIMAL(4,1)"]) == 0
    assert "airports.elevation would change from NVARCHAR(10) to DECIMAL(4,1): 2 rows." in capsys.readouterr().out
    assert cli.main([*command, "DECIMAL(4,1)", "--apply"]) == 0
    assert "airports.elevation was changed" in capsys.readouterr().out
    assert cli.main([*command, "NUMBER"]) == 1
    assert "There is no type NUMBER" in capsys.readouterr().err
