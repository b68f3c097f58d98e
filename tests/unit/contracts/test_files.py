"""Where contracts are, and how they combine with the rules of ``tables.yaml``."""

from __future__ import annotations

from pathlib import Path

import pytest

from refdata.contracts.files import SCHEMA_FILE, contract_file, contract_files, declared, referring, table_rules
from refdata.core.contract import Contract
from refdata.core.errors import ConfigurationError
from refdata.core.settings import Settings
from refdata.core.tablenames import table_name


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "contracts").mkdir()
    return Settings(tables_file=str(tmp_path / "tables.yaml"), contracts_folder=str(tmp_path / "contracts"))


def write(settings: Settings, name: str, text: str) -> None:
    (Path(settings.contracts_folder) / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("name", ["airports.yaml", "Airports.yml", "AIRPORTS.json", "airports.YAML"])
def test_a_contract_is_found_by_the_tables_name_whatever_its_case(settings: Settings, name: str) -> None:
    write(settings, name, '{"encoding": "cp1252"}')
    found = declared(settings, "airports")
    assert (found.contract.encoding, str(found.contract.origin("encoding"))) == (
        "cp1252",
        f"declared in contracts/{name}, line 1",
    )


def test_a_table_without_a_contract_has_an_empty_one(settings: Settings) -> None:
    for name in (".airports.yaml.swp", ".airports.yaml", "README.md", SCHEMA_FILE, "cities.yaml"):
        write(settings, name, "x: [")
    assert declared(settings, "airports").contract == Contract(table="airports")
    assert [path.name for path in contract_files(Path(settings.contracts_folder))] == ["cities.yaml"]
    assert contract_file(Path(settings.contracts_folder) / "gone", "airports") is None


def test_two_contracts_for_one_table_are_refused(settings: Settings) -> None:
    write(settings, "airports.yaml", "")
    write(settings, "Airports.json", "{}")
    with pytest.raises(ConfigurationError, match=r"2 contracts: Airports\.json, airports\.yaml"):
        declared(settings, "airports")


def test_a_contract_may_begin_with_a_byte_order_mark_and_other_bytes_are_refused(settings: Settings) -> None:
    path = Path(settings.contracts_folder) / "airports.yaml"
    path.write_bytes(b"\xef\xbb\xbftitle: A\n")
    assert declared(settings, "airports").contract.title == "A"
    path.write_bytes("title: Flughäfen".encode("cp1252"))
    with pytest.raises(ConfigurationError, match=r"contracts are UTF-8"):
        declared(settings, "airports")


def test_a_broken_contract_stops_its_own_table_only(settings: Settings) -> None:
    write(settings, "airports.yaml", "encoding: none-such\n")
    assert declared(settings, "cities").contract == Contract(table="cities")
    with pytest.raises(ConfigurationError, match=r"contracts/airports\.yaml, line 1"):
        table_rules(settings, "airports")


TABLES = "tables:\n  Airports:\n    frozen: false\n    keys: [iata]\n    max_rejected_rows: 5\n"


@pytest.mark.parametrize(
    ("contract", "expected", "contradictions"),
    [
        ("", (False, ("iata",), 5), []),
        ("refdata: {frozen: true}", (True, ("iata",), 5), ["frozen"]),
        ("refdata: {frozen: false, max_rejected_rows: 5}", (False, ("iata",), 5), []),
        ("schema: {primaryKey: code}", (False, ("code",), 5), ["keys"]),
        ("schema: {primaryKey: IATA}", (False, ("iata",), 5), []),
        ("refdata: {keys: [code], max_rejected_rows: 0}", (False, ("code",), 0), ["keys", "max_rejected_rows"]),
    ],
)
def test_the_contract_wins_over_tables_yaml_and_contradictions_are_named(
    settings: Settings, contract: str, expected: tuple[object, ...], contradictions: list[str]
) -> None:
    Path(settings.tables_file).write_text(TABLES)
    write(settings, "airports.yaml", contract)
    rules = table_rules(settings, "airports")
    assert (rules.frozen, rules.keys, rules.max_rejected_rows) == expected
    found = declared(settings, "airports")
    assert sorted(sentence.partition(" ")[0] for sentence in found.contradictions) == contradictions
    assert all("declared in tables.yaml, line" in sentence for sentence in found.contradictions)


def test_a_mistake_in_tables_yaml_is_reported_with_its_line_and_not_quoted(settings: Settings) -> None:
    Path(settings.tables_file).write_text("tables:\n  airports: [unclosed, hunter2\n")
    with pytest.raises(ConfigurationError) as caught:
        declared(settings, "airports")
    assert caught.value.what == "The table rules cannot be read: expected ',' or ']', but got '<stream end>'"
    assert caught.value.where == f"{settings.tables_file}, line 3"
    assert "hunter2" not in str(caught.value)


def test_rules_of_tables_yaml_have_their_lines(settings: Settings) -> None:
    Path(settings.tables_file).write_text(TABLES)
    rules = declared(settings, "airports").contract.rules
    assert {name: origin.line for name, origin in rules.origins.items()} == {
        "frozen": 3,
        "keys": 4,
        "max_rejected_rows": 5,
    }


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("resource: regions\n foreignKeys: [", True),
        ('{"foreignKeys": [{"reference": {"resource": "Regions"}}], "dialekt": {}}', True),
        ("# foreignKeys\nreference: {resource: regions_2024.csv}\nx: [", True),
        ('foreignKeys: [{reference: {resource: "r\\u0065gions"}}]\nx: [', True),
        ("# Flughäfen, foreignKeys to regions", True),
        ("foreignKeys: [{reference: {resource: cities}}]\nx: [", False),
        ("# Flughäfen, foreignKeys to cities", False),
    ],
)
def test_a_broken_contract_is_reported_for_the_tables_that_it_names(settings: Settings, text: str, named: bool) -> None:
    (Path(settings.contracts_folder) / "flights.yaml").write_bytes(text.encode("cp1252"))
    contracts, unreadable = referring(settings, "regions")
    assert (contracts, len(unreadable)) == ([], int(named))


@pytest.mark.parametrize("name", ["sp_who", "2024 sales", "Straße", "a" * 120])
def test_a_changed_name_is_found_in_a_broken_contract(settings: Settings, name: str) -> None:
    write(settings, "flights.yaml", f"foreignKeys: [{{reference: {{resource: {name}}}}}]\nx: [")
    assert len(referring(settings, table_name(name))[1]) == 1
