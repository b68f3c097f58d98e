"""A contract's rules on rows: a row that breaks one is a reject with its line, column, rule and text."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from refdata.core.model import FileStatus, Load
from tests.integration.ingest.conftest import APPEND, FULL, Site

COUNTRIES = {"name": "countries", "schema": {"primaryKey": ["code"], "fields": [{"name": "code", "type": "string"}]}}


def declare(site: Site, *contracts: dict[str, Any], **rules: object) -> None:
    """Writes the contracts; ``rules`` go below ``refdata:`` in each."""
    folder = Path(site.deps.settings.dropoff_root) / "contracts"
    folder.mkdir(exist_ok=True)
    for contract in contracts:
        own = {**rules, **dict(contract.get("refdata", {}))}
        text = yaml.safe_dump({**contract, "refdata": own} if own else contract)
        (folder / f"{contract['name']}.yaml").write_text(text)


def rejects(site: Site, row: Load) -> list[tuple[str, str, str]]:
    """Line, reason and text of each reject, from the list beside the archived file."""
    path = Path(row.file_path)
    with path.with_name(f"{path.stem}.rejects.csv").open(newline="") as file:
        return [(line["line"], line["reason"], line["raw"]) for line in csv.DictReader(file)]


def contract(**constraints: object) -> dict[str, Any]:
    fields = [
        {"name": "code", "type": "string"},
        {"name": "n", "type": "string" if "pattern" in constraints else "integer", "constraints": constraints},
        {"name": "note", "type": "string"},
    ]
    return {"name": "t", "schema": {"fields": fields}}


CASES = [
    ({"required": True}, "b,,x", "a value is required"),
    ({"minimum": 1}, "b,0,x", "it must be at least 1"),
    ({"maximum": 9}, "b,10,x", "it must be at most 9"),
    ({"enum": [1, 3]}, "b,2,x", "it must be one of 1, 3"),
    ({"pattern": "[13]"}, "b,2,x", "it must match [13]"),
    ({"unique": True}, "b,1,x", "the value of n is repeated from an earlier row"),
]


@pytest.mark.parametrize(("constraints", "line", "words"), CASES)
def test_a_row_that_breaks_a_rule_refuses_the_file_and_is_listed(
    site: Site, constraints: dict[str, Any], line: str, words: str
) -> None:
    declare(site, contract(**constraints))
    row = site.load(site.drop("t.csv", f"code,n,note\na,1,one\n{line}\nc,3,three\n"))
    assert row.status is FileStatus.ERROR
    assert "1 of 3 rows breaks the rules of t; 0 are allowed" in (row.error_message or "")
    ((number, reason, raw),) = rejects(site, row)
    assert (number, raw) == ("3", line)
    assert reason == f"column {reason.split(' ')[1]} breaks its rule: {words}"
    assert site.deps.warehouse.table(site.deps.live("t")) is None


@pytest.mark.parametrize(("constraints", "line", "words"), CASES)
def test_a_stated_number_of_such_rows_is_let_through(
    site: Site, constraints: dict[str, Any], line: str, words: str
) -> None:
    declare(site, contract(**constraints), max_rejected_rows=1)
    row = site.load(site.drop("t.csv", f"code,n,note\na,1,one\n{line}\nc,3,three\n"))
    assert row.status is FileStatus.COMPLETED
    assert (row.rows_loaded, row.rows_rejected) == (2, 1)
    assert site.rows("t", "[code]") == [("a",), ("c",)]
    assert [(number, raw) for number, _, raw in rejects(site, row)] == [("3", line)]
    assert words


@pytest.mark.parametrize(("constraints", "line", "words"), CASES)
def test_a_rule_that_warns_loads_the_row_and_reports_it(
    site: Site, constraints: dict[str, Any], line: str, words: str
) -> None:
    reported = contract(**constraints)
    reported["schema"]["fields"][1]["refdata"] = {"warn": list(constraints)}
    declare(site, reported)
    row = site.load(site.drop("t.csv", f"code,n,note\na,1,one\n{line}\nc,3,three\n"))
    assert (row.status, row.rows_loaded) == (FileStatus.COMPLETED, 3)
    assert any(words in warning and "1 row breaks" in warning for warning in row.warnings)


def test_damaged_rows_and_broken_rules_count_together(site: Site) -> None:
    declare(site, contract(maximum=9), max_rejected_rows=1)
    row = site.load(site.drop("t.csv", "code,n,note\na,1,one\nb,10,two\nc,3\n"))
    assert row.status is FileStatus.ERROR
    assert [number for number, _, _ in rejects(site, row)] == ["3", "4"]


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({}, [("ab",), ("AB",), ("ab ",)]),
        ({"keyIgnoresCase": True}, [("ab",), ("ab ",)]),
        ({"keyIgnoresTrailingBlanks": True}, [("ab",), ("AB",)]),
    ],
)
def test_keys_compare_as_stated_on_every_engine(site: Site, options: dict[str, Any], kept: list[Any]) -> None:
    declared = {"name": "t", "schema": {"primaryKey": ["code"], "fields": [{"name": "code", "type": "string"}]}}
    names = {"keyIgnoresCase": "key_ignores_case", "keyIgnoresTrailingBlanks": "key_ignores_trailing_blanks"}
    declare(site, declared, max_rejected_rows=9, **{names[name]: value for name, value in options.items()})
    row = site.load(site.drop("t.csv", 'code,num\nab,1\nAB,2\n"ab ",3\nab,4\n'))
    assert row.status is FileStatus.COMPLETED, row.error_message
    assert sorted(site.rows("t", "[code]")) == sorted(kept)


def test_an_append_of_a_key_that_is_there_is_a_reject(site: Site) -> None:
    declare(site, COUNTRIES, max_rejected_rows=1)
    site.load(site.drop("countries.csv", "code,name\nDE,Germany\nFR,France\n", folder=APPEND))
    row = site.load(site.drop("countries.csv", "code,name\nIT,Italy\nDE,Deutschland\n", folder=APPEND))
    assert sorted(site.rows("countries", "[name]")) == [("France",), ("Germany",), ("Italy",)]
    assert [(line, raw) for line, _, raw in rejects(site, row)] == [("3", "DE,Deutschland")]


def test_a_file_without_its_key_is_refused(site: Site) -> None:
    declare(site, COUNTRIES)
    row = site.load(site.drop("countries.csv", "name,capital\nGermany,Berlin\n"))
    assert row.status is FileStatus.ERROR
    assert "lacks a column of its key: code" in (row.error_message or "")


AIRPORTS = {
    "name": "airports",
    "schema": {
        "fields": [{"name": "iata", "type": "string"}, {"name": "country", "type": "string"}],
        "foreignKeys": [{"fields": ["country"], "reference": {"resource": "countries", "fields": ["code"]}}],
    },
}


@pytest.mark.parametrize("folder", [FULL, APPEND])
def test_a_reference_must_be_met_by_the_other_table(site: Site, folder: str) -> None:
    declare(site, COUNTRIES, AIRPORTS, max_rejected_rows=1)
    site.load(site.drop("countries.csv", "code,name\nDE,Germany\n"))
    row = site.load(site.drop("airports.csv", "iata,country\nBER,DE\nCDG,FR\nXXX,\n", folder=folder))
    assert sorted(site.rows("airports", "iata")) == [("BER",), ("XXX",)]
    ((line, reason, raw),) = rejects(site, row)
    assert (line, raw) == ("3", "CDG,FR")
    assert "the value of country is not in countries (code)" in reason


def test_a_reference_to_a_table_that_is_not_there_names_it(site: Site) -> None:
    declare(site, AIRPORTS)
    row = site.load(site.drop("airports.csv", "iata,country\nBER,DE\nXXX,\n"))
    what = "1 of 2 rows breaks the rules of airports (there is no table countries yet); 0 are allowed"
    assert what in (row.error_message or "")
    assert "Drop the file of countries first" in (row.error_message or "")


def test_a_row_goes_with_the_row_that_it_refers_to(site: Site) -> None:
    staff = {
        "name": "staff",
        "schema": {
            "primaryKey": ["id"],
            "fields": [{"name": "id", "type": "integer"}, {"name": "boss", "type": "integer"}],
            "foreignKeys": [{"fields": ["boss"], "reference": {"resource": "", "fields": ["id"]}}],
        },
    }
    declare(site, staff, max_rejected_rows=9)
    row = site.load(site.drop("staff.csv", "id,boss\n1,\n2,1\n3,9\n4,3\n5,4\n"))
    assert sorted(site.rows("staff", "id")) == [(1,), (2,)]
    assert [line for line, _, _ in rejects(site, row)] == ["4", "5", "6"]


def test_a_table_that_lost_a_reference_meanwhile_is_not_published(make_site: Callable[..., Site]) -> None:
    """The parent is replaced while the child is staged: the publish asks again, in its own transaction."""
    site = make_site()
    declare(site, COUNTRIES, AIRPORTS)
    site.load(site.drop("countries.csv", "code,name\nDE,Germany\nFR,France\n"))
    child = site.drop("airports.csv", "iata,country\nBER,DE\nCDG,FR\n")
    inner = site.deps.warehouse.publish

    def publish(*arguments: object) -> object:
        object.__setattr__(site.deps.warehouse, "publish", inner)
        site.load(site.drop("countries.csv", "code,name\nDE,Germany\n"), "other")
        return inner(*arguments)  # type: ignore[arg-type]

    object.__setattr__(site.deps.warehouse, "publish", publish)
    row = site.load(child)
    assert row.status is FileStatus.PENDING  # a transient failure: the file goes back, to be checked again
    assert site.deps.warehouse.table(site.deps.live("airports")) is None
