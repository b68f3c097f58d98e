"""How a column is read by what its contract and its table know."""

from __future__ import annotations

import doctest
from dataclasses import replace
from typing import Any

import pytest

from refdata.core import columnreadings
from refdata.core.columnreadings import FALSE, TRUE, known_readings
from refdata.core.contract import Contract, FieldContract, KeptAnswer, Origin, TableDialect
from refdata.core.contractlayers import merge, with_origin
from refdata.core.contractterms import FieldType, Layer, Minus
from refdata.core.filemodel import Notation
from refdata.core.model import Column, Table, TableName
from refdata.core.sqltypes import BIGINT, BIT, DATE, DATETIME2, FLOAT, INT, SqlType, TypeKind, decimal, text

DECLARED, LEARNED = Origin(Layer.DECLARED, "t.yaml", line=3), Origin(Layer.LEARNED, load_id=1)


def table(kind: SqlType) -> Table:
    return Table(TableName("ref", "t"), (Column("a", kind),))


def known(facts: dict[str, Any], origin: Origin, live: SqlType | None = None, **more: Any) -> Any:
    contract = with_origin(Contract(table="t", fields=(FieldContract(name="a", **facts),), **more), origin)
    return known_readings(contract, table(live) if live else None, ["a"])["a"]


def plain(found: Any) -> list[Any]:
    """The readings of values without blanks around them; the same with blanks follow."""
    readings = [one for one in found.readings if not one.notation.padded]
    first = {replace(one, notation=replace(one.notation, padded=False)) for one in found.readings[len(readings) :]}
    assert first <= set(readings)
    return readings


GERMAN = Notation(decimal_point=",", thousands=".")
DECLARATIONS: list[tuple[dict[str, Any], list[SqlType], Notation, bool]] = [
    ({"type": FieldType.NUMBER, "decimal_char": ",", "group_char": "."}, [decimal(1, 0), FLOAT], GERMAN, True),
    ({"type": FieldType.NUMBER}, [decimal(1, 0), FLOAT], Notation(), False),
    ({"type": FieldType.INTEGER, "group_char": " "}, [BIGINT], Notation(thousands=" \u00a0\u202f"), True),
    ({"type": FieldType.NUMBER, "bare_number": False}, [decimal(1, 0), FLOAT], Notation(affix="*"), True),
    (
        {"type": FieldType.NUMBER, "decimal_char": ",", "minus": Minus.TRAILING},
        [decimal(1, 0), FLOAT],
        Notation(decimal_point=",", minus="trailing"),
        True,
    ),
    ({"type": FieldType.BOOLEAN}, [BIT], Notation(true_values=TRUE, false_values=FALSE), False),
    (
        {"type": FieldType.BOOLEAN, "true_values": ("Y",), "false_values": ("N",)},
        [BIT],
        Notation(true_values=("Y",), false_values=("N",)),
        True,
    ),
    (
        {"type": FieldType.DATE, "format": "%d.%m.%y"},
        [DATE],
        Notation(date_order="dmy", date_separator=".", year_digits=2),
        True,
    ),
    (
        {"type": FieldType.DATE, "format": "%d %b %Y"},
        [DATE],
        Notation(date_order="dmy", date_separator=" ", month_names="*"),
        True,
    ),
    (
        {"type": FieldType.DATETIME, "format": "%m/%d/%Y %I:%M %p"},
        [DATETIME2],
        Notation(date_order="mdy", date_separator="/", hours=12),
        True,
    ),
    ({"type": FieldType.DATETIME, "format": "%Y-%m-%dT%H:%M:%S%z"}, [DATETIME2], Notation(zone="utc"), True),
    ({"type": FieldType.DATE, "format": "default"}, [DATE], Notation(), True),
    ({"type": FieldType.DATE}, [], Notation(), False),
    ({"type": FieldType.DATE, "format": "any"}, [], Notation(), False),
    ({"type": FieldType.STRING}, [text(0)], Notation(), True),
    ({"sql_type": decimal(9, 2), "decimal_char": ","}, [decimal(9, 2)], Notation(decimal_point=","), True),
    ({"type": FieldType.ANY}, [], Notation(), False),
    ({}, [], Notation(), False),
]


@pytest.mark.parametrize(("facts", "kinds", "notation", "stated"), DECLARATIONS, ids=str)
def test_a_declared_column_is_read_as_declared(
    facts: dict[str, Any], kinds: list[SqlType], notation: Notation, stated: bool
) -> None:
    found = known(facts, DECLARED)
    assert [reading.type for reading in plain(found)] == kinds
    assert all(reading.notation == notation for reading in plain(found))
    assert found.stated is stated


@pytest.mark.parametrize(("form", "zones"), [("default", ["", "utc"]), ("%Y-%m-%dT%H:%M:%S%z", ["utc"])])
def test_the_default_form_of_a_time_may_have_a_zone(form: str, zones: list[str]) -> None:
    found = known({"type": FieldType.DATETIME, "format": form}, DECLARED)
    assert [(reading.type, reading.notation.zone) for reading in plain(found)] == [(DATETIME2, one) for one in zones]
    assert found.stated


@pytest.mark.parametrize(
    ("facts", "live", "notation", "mark_known"),
    [
        ({"decimal_char": ",", "group_char": "."}, decimal(6, 2), GERMAN, True),
        ({}, INT, Notation(), False),
        ({"date_order": "dmy", "date_separator": "/"}, DATE, Notation(date_order="dmy", date_separator="/"), True),
        ({"date_order": "ymd", "date_separator": ""}, DATE, Notation(date_separator=""), True),
        ({"type": FieldType.BOOLEAN, "true_values": ("Y",), "false_values": ("N",)}, BIT,
         Notation(true_values=("Y",), false_values=("N",)), True),
    ],
)  # fmt: skip
def test_a_column_of_the_table_is_read_as_its_loads_have_shown(
    facts: dict[str, Any], live: SqlType, notation: Notation, mark_known: bool
) -> None:
    found = known(facts, LEARNED, live)
    reading, *others = plain(found)
    # Dates with the year first can be read whatever the order of earlier ones, and whole numbers with an exponent.
    also = {DATE: [Notation()], INT: [Notation(powers=True)]}
    assert [one.notation for one in others] == also.get(live, [])
    assert (reading.type, reading.notation, reading.mark_known, found.stated) == (live, notation, mark_known, False)


def test_a_text_column_stays_open_and_an_answer_makes_one() -> None:
    assert known({"decimal_char": ","}, LEARNED, text(10)).readings == ()
    contract = Contract(table="t", answers=(KeptAnswer("type_changed", "a", "text"),))
    (reading,) = known_readings(contract, table(DATE), ["a"])["a"].readings
    assert reading.known.kind is TypeKind.NVARCHAR


MISSING: list[tuple[dict[str, Any], dict[str, Any], tuple[str, ...]]] = [
    ({"missing_values": ("", "NULL")}, {}, ("NULL",)),
    ({"missing_values": ("-",)}, {"missing_values": ("", "NULL")}, ("-",)),
    ({"missing_values": ()}, {"missing_values": ("NULL",)}, ()),
    ({}, {"missing_values": ("NULL",), "dialect": TableDialect(null_sequence=r"\N")}, ("NULL", r"\N")),
    ({}, {}, ()),
]


@pytest.mark.parametrize(("facts", "of_table", "expected"), MISSING, ids=str)
def test_texts_that_mean_no_value_come_from_the_field_then_from_the_table(
    facts: dict[str, Any], of_table: dict[str, Any], expected: tuple[str, ...]
) -> None:
    found = known(facts, DECLARED, **of_table)
    assert found.missing == expected
    assert (found.inferred is None) is (not expected)


def test_the_tables_declaration_beats_a_learned_field() -> None:
    declared = with_origin(Contract(table="t", missing_values=("",)), DECLARED)
    learned = with_origin(Contract(table="t", fields=(FieldContract(name="a", missing_values=("NULL",)),)), LEARNED)
    assert known_readings(merge(declared, learned), None, ["a"])["a"].missing == ()
    assert known_readings(learned, None, ["a"])["a"].missing == ("NULL",)


def test_the_example_in_the_docstring_is_true() -> None:
    assert doctest.testmod(columnreadings).failed == 0
