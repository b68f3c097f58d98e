"""Which files for a new table are asked about: those that two signs tie to a table that is there."""

from __future__ import annotations

import pytest

from refdata.core.doubts.tables import look_alikes, new_table_question
from refdata.core.filemodel import ScannedColumn
from refdata.core.model import Column, Table, TableName
from refdata.core.questions import Outcome
from refdata.core.sqltypes import text
from refdata.core.tablenames import table_name


def table(name: str, *columns: str) -> Table:
    return Table(TableName("ref", name), tuple(Column(column, text(10)) for column in columns))


def columns(*names: str) -> list[ScannedColumn]:
    return [ScannedColumn(name, name, text(10)) for name in names]


HARBOURS = table("harbours", "iata", "name")
COLOURS = table("colours", "code", "name")


@pytest.mark.parametrize(
    "wanted",
    [
        "n_2025_02_harbours",
        "harbours_1",
        "harbours_v2",
        "harbours_copy",
        "copy_of_harbours",
        "harbours_final",
        "harbours_q1",
        "harbours_mar2025",
        "harbours_2025_w14",
        "harbours_01_12_24",
        "harbours_20250401_v2",
        "new_harbours_export",
        "harbuors",
        "harbour",
        "habours",
    ],
)
def test_a_copy_or_a_slip_belongs_to_the_table_it_is_named_after(wanted: str) -> None:
    found = look_alikes(wanted, columns("iata", "name"), [COLOURS, HARBOURS])
    assert [one.table for one in found] == ["harbours"]
    question = new_table_question(f"{wanted}.csv", wanted, found)
    assert question is not None
    assert [(choice.outcome, choice.table) for choice in question.choices] == [
        (Outcome.ROUTE, "harbours"),
        (Outcome.LOAD, ""),
        (Outcome.REFUSE, ""),
    ]


SIBLINGS = [
    ("rates_Dec2024", "rates_Nov2024"),
    ("rates-2024-Dec", "rates-2024-Nov"),
    ("rates_Q4", "rates_Q3"),
    ("rates_Q4_24", "rates_Q1_25"),
    ("rates_v3", "rates_v2"),
    ("rates v1.2", "rates v1.3"),
    ("rates_2024w48", "rates_2024w49"),
    ("rates_KW48", "rates_KW49"),
    ("rates_FY24", "rates_FY25"),
    ("kurse_Dez2024", "kurse_März_2025"),
    ("kurse_Maerz", "kurse_April"),
    ("taux_janvier_2024", "taux_février_2024"),
    ("rates_241201", "rates_241202"),
    ("2024-12 rates", "2025-01 rates"),
    ("01_2024 rates", "02_2024 rates"),
    ("rates (1)", "rates (2)"),
    ("rates_final", "rates_new"),
    ("rates - Copy", "Copy of rates"),
    ("export rates old", "rates latest"),
    ("December rates", "november rates"),
    ("rates_h1_2024", "rates_h2_2024"),
]


@pytest.mark.parametrize(("first", "second"), [*SIBLINGS, *((second, first) for first, second in SIBLINGS)])
def test_deliveries_of_one_thing_belong_together_without_a_plain_name(first: str, second: str) -> None:
    there = table(table_name(f"{first}.csv"), "iata", "name")
    wanted = table_name(f"{second}.csv")
    found = look_alikes(wanted, columns("iata", "name"), [COLOURS, there], f"{second}.csv")
    assert wanted == there.name.name or [one.table for one in found] == [there.name.name]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("zone_1", "zone_2"),
        ("list1", "list2"),
        ("rates_eur", "rates_usd"),
        ("iso3166", "iso4217"),
        ("may", "june"),
        ("north", "south"),
        ("step_q", "step_v"),
    ],
)
def test_other_things_of_the_same_columns_are_tables_of_their_own(first: str, second: str) -> None:
    there = table(table_name(f"{first}.csv"), "iata", "name")
    assert look_alikes(table_name(f"{second}.csv"), columns("iata", "name"), [there], f"{second}.csv") == ()


@pytest.mark.parametrize(
    ("wanted", "brought"),
    [
        ("langs", ("code", "name")),  # another list of the same columns
        ("units", ("code", "name")),
        ("harbours_staff", ("id", "surname", "role")),  # the name alone
        ("countries", ("iso", "continent", "capital")),
        ("harbours2", ("iata", "name")),  # a number is a name's own
        ("colour", ("code", "name", "rgb", "hex")),
    ],
)
def test_a_table_of_its_own_raises_no_question(wanted: str, brought: tuple[str, ...]) -> None:
    found = look_alikes(wanted, columns(*brought), [COLOURS, HARBOURS])
    assert found == ()
    assert new_table_question(f"{wanted}.csv", wanted, found) is None


def test_a_first_table_is_asked_about_only_where_new_tables_are_held() -> None:
    assert new_table_question("countries.csv", "countries", ()) is None
    held = new_table_question("countries.csv", "countries", (), always=True)
    assert held is not None
    assert [choice.key for choice in held.choices] == ["create", "refuse"]
