"""Loads with questions: what makes them wait, the effect of each answer, and kept answers that prevent the question."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from refdata.audit import AuditTrail
from refdata.core.model import FileStatus
from refdata.ingest.asking import withdraw
from refdata.questionlog import QuestionLog
from tests.integration.ingest.conftest import APPEND, Site


def plain(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Rows with the same numbers on every engine: T-SQL gives DECIMAL as Python's own."""
    return [tuple(float(cell) if isinstance(cell, Decimal) else cell for cell in row) for row in rows]


PRODUCTS = "sku,title,price,currency\nA1,Bolt,1.50,EUR\nB2,Nut,0.10,EUR\n"
RENAMED = "sku,title,unit_price,currency\nA1,Bolt,1.60,EUR\nB2,Nut,0.20,EUR\n"
OTHERWISE = "sku,title,eur,currency,remark\nA1,Bolt,1.60,EUR,new\nB2,Nut,0.20,EUR,x\n"
"""Its price has a name that is unlike the old one."""
DAYS = "id;day;amount\n1;15/01/2024;1.234,50\n2;03/02/2024;99,90\n"

CASES = [
    pytest.param(
        PRODUCTS, RENAMED, "column_renamed:price", "renamed_unit_price", "price", [(1.6,), (0.2,)], id="renamed"
    ),
    pytest.param(PRODUCTS, RENAMED, "column_renamed:price", "empty", "price", [(None,), (None,)], id="not renamed"),
    pytest.param(
        PRODUCTS, OTHERWISE, "column_missing:price", "renamed_eur", "price", [(1.6,), (0.2,)], id="another name"
    ),
    pytest.param(
        PRODUCTS, "sku,title,currency\nA1,Bolt,EUR\n", "column_missing:price", "empty", "price", [(None,)], id="missing"
    ),
    pytest.param(
        DAYS, "id;day;amount\n3;16/01/2024;2,5\n4;tbd;3,5\n", "type_changed:day", "text", "day", None, id="to text"
    ),
    pytest.param(
        "d,name\n2024-01-15,a\n", "d,name\n45306,a\n", "codes_changed:d", "text", "d", [("45306",)], id="day numbers"
    ),
    pytest.param(
        "d,name\n25/12/2024,Xmas\n", "d,name\n12/25/2025,Xmas\n", "notation_changed:d", "read", "d", None, id="order"
    ),
]


@pytest.mark.parametrize(("first", "later", "name", "choice", "column", "want"), CASES)
def test_a_load_waits_for_its_answer_and_then_does_what_it_says(
    site: Site, first: str, later: str, name: str, choice: str, column: str, want: list[object] | None
) -> None:
    site.load(site.drop("t.csv", first))
    before = site.rows("t")
    held = site.load(site.drop("t.csv", later), "run 2")
    assert (held.status, held.error_category) == (FileStatus.PENDING, "held")
    assert name in (held.error_message or "")
    assert site.rows("t") == before

    row = site.load(site.drop("t.csv", later), "run 2", {name: choice}, keep=True)
    assert row.status is FileStatus.COMPLETED, row.error_message
    if want is not None:
        assert plain(site.rows("t", column)) == want
    assert [entry.actor for entry in AuditTrail(site.deps.warehouse).entries("t")] == ["ann"]


ROWS = (("1.5", "Goroka", "GKA", "U"), ("2.5", "Madang", "MAG", "U"), ("3.5", "Nadzab", "LAE", "V"))


def headerless(
    *, number: bool = False, zone: bool = False, first: int = 1, columns: tuple[int, ...] = (0, 1, 2, 3)
) -> str:
    rows = [[row[at] for at in columns] for row in ROWS]
    front = [[str(at)] if number else [] for at in range(first, first + 3)]
    return "".join(
        ",".join([*one, *row, *(["2024-01-01"] if zone else [])]) + "\n" for one, row in zip(front, rows, strict=True)
    )


@pytest.mark.parametrize(
    ("text", "choice", "column", "want"),
    [
        pytest.param(headerless(number=True), "new_1", "column_5", [(1,), (2,), (3,)], id="first"),
        pytest.param(headerless(zone=True), "new_5", "column_3", [("GKA",), ("MAG",), ("LAE",)], id="last"),
        pytest.param(
            headerless(columns=(1, 2, 3)), "without_column_1", "column_2", [(row[1],) for row in ROWS], id="fewer"
        ),
    ],
)
def test_fields_without_a_header_never_move_to_another_column_unasked(
    site: Site, text: str, choice: str, column: str, want: list[object]
) -> None:
    site.load(site.drop("t.csv", headerless()))
    held = site.load(site.drop("t.csv", text), "run 2")
    assert (held.status, held.error_category) == (FileStatus.PENDING, "held")
    assert "and no header" in (held.error_message or "")
    row = site.load(site.drop("t.csv", text), "run 2", {"format_unsure": choice})
    assert row.status is FileStatus.COMPLETED, row.error_message
    assert plain(site.rows("t", column)) == want
    if "new" in choice:  # the table remembers the place of each field
        again = site.load(site.drop("t.csv", text.replace("Goroka", "Gorokb")), "run 3")
        assert again.status is FileStatus.COMPLETED, again.error_message
        assert plain(site.rows("t", column)) == want


def test_file_that_lost_its_header_is_asked_about(site: Site) -> None:
    site.load(site.drop("t.csv", "price,name,code,kind\n" + headerless()))
    held = site.load(site.drop("t.csv", headerless().replace("Goroka", "Gorokb")), "run 2")
    assert held.error_category == "held"
    row = site.load(
        site.drop("t.csv", headerless().replace("Goroka", "Gorokb")), "run 2", {"format_unsure": "in_order"}
    )
    assert row.status is FileStatus.COMPLETED, row.error_message
    assert plain(site.rows("t", "price")) == [(1.5,), (2.5,), (3.5,)]


FORMATS = [
    pytest.param("code,price\nA,Bolt,1.5\nB,Nut,2.5\n", "unnamed_last", ["code", "price", "column_3"], id="short"),
    pytest.param("code,price\n0,A,1.5\n1,B,2.5\n", "unnamed_first", ["column_1", "code", "price"], id="index"),
    pytest.param("a,,b,c\n1,x,1.5\n2,y,2.5\n", "without_blanks", ["a", "b", "c"], id="blank name"),
    pytest.param("a,b,c\n1,x\n2,y\n", "last_names", ["b", "c"], id="long"),
    pytest.param("code no\nA 1\nB 2\nC 3\n", "single_column", ["code_no"], id="no blanks"),
    pytest.param("id qty\nA 1\nB 2\nC 3\n", "blanks", ["id", "qty"], id="blanks"),
    pytest.param("Title,Report\n\ncode,name\n01,Graz\n02,Linz\n", "after_blank", ["code", "name"], id="two parts"),
    pytest.param("Title,Report\n\ncode,name\n01,Graz\n02,Linz\n", "first_line", ["title", "report"], id="one part"),
    pytest.param("Oslo,Norway 1\n", "row", ["column_1", "column_2"], id="lone line"),
    pytest.param("ab;cd|ef\nab;cd|eg\n", "pipe", ["column_1", "column_2"], id="delimiter"),
    pytest.param("ab;cd|ef\nab;cd|eg\n", "single_column", ["column_1"], id="no delimiter"),
]


@pytest.mark.parametrize(("text", "choice", "names"), FORMATS)
def test_a_file_with_two_readings_is_read_as_answered(site: Site, text: str, choice: str, names: list[str]) -> None:
    held = site.load(site.drop("t.csv", text))
    assert (held.status, held.error_category) == (FileStatus.PENDING, "held")
    assert "How should t.csv be read?" in (held.error_message or "")
    assert site.tables() == []
    row = site.load(site.drop("t.csv", text), "run 2", {"format_unsure": choice}, keep=True)
    assert row.status is FileStatus.COMPLETED, row.error_message
    assert [name for name in site.columns("t") if not name.startswith("_")][: len(names)] == names
    again = site.load(site.drop("t.csv", text.replace("1", "7").replace("ef", "ee")), "run 3")
    assert again.status is FileStatus.COMPLETED, again.error_message


def test_letters_that_fit_several_encodings_are_read_as_answered(site: Site) -> None:
    held = site.load(site.drop("t.csv", "id,name\n1,Škoda\n".encode("cp852")))
    assert (held.status, held.error_category) == (FileStatus.PENDING, "held")
    row = site.load(site.drop("t.csv", "id,name\n1,Škoda\n".encode("cp852")), "run 2", {"format_unsure": "cp852"})
    assert row.status is FileStatus.COMPLETED, row.error_message
    assert site.rows("t", "name") == [("Škoda",)]
    again = site.load(site.drop("t.csv", "id,name\n1,Zoë\n".encode("cp852")), "run 3")  # the table remembers
    assert again.status is FileStatus.COMPLETED, again.error_message
    assert site.rows("t", "name") == [("Zoë",)]


DAMAGED = 'id,name,price\n1,Bolt,1.5\n2,,Nut,2.5\n3;Pin;3.5\n4,"Rod,4.5\n5,Cap,5.5\n6,Ring,6.5\n7,Hook,7.5\n'


def test_rows_that_fit_with_one_change_are_read_only_when_somebody_says_so(site: Site) -> None:
    held = site.load(site.drop("t.csv", DAMAGED))
    assert (held.status, held.error_category) == (FileStatus.PENDING, "held")
    assert "3 of 7 rows are damaged, and each fits with one change" in (held.error_message or "")
    evidence = QuestionLog(site.deps.warehouse).of_load(held.id)[0].question.evidence
    assert "Line 3: expected 3 fields, found 4; without the empty field 2 it would fit." in evidence
    assert not any("Nut" in line for line in evidence)
    row = site.load(site.drop("t.csv", DAMAGED), "run 2", {"format_unsure": "place"})
    assert row.status is FileStatus.COMPLETED, row.error_message
    assert plain(site.rows("t", "name, price"))[1:4] == [("Nut", 2.5), ("Pin", 3.5), ("Rod", 4.5)]
    assert "Line 4 was divided at its semicolons." in row.warnings


def test_rows_that_fit_in_no_way_refuse_the_file_as_ever(site: Site) -> None:
    row = site.load(site.drop("t.csv", DAMAGED + "8,9\n"))
    assert row.status is FileStatus.ERROR
    assert "4 of 8 rows are damaged; 0 are allowed" in (row.error_message or "")


KEPT = [*CASES[:4], CASES[6]]
"""Those whose table has the column's old name, type and notation afterwards, so that a later file can raise them."""


def changed(text: str) -> str:
    """The file with another value, so that it is no duplicate."""
    return text.replace("Bolt", "Screw").replace("Xmas", "Noel")


@pytest.mark.parametrize(("first", "later", "name", "choice", "column", "want"), KEPT)
def test_a_kept_answer_asks_nobody_again_until_it_is_withdrawn(
    site: Site, first: str, later: str, name: str, choice: str, column: str, want: list[object] | None
) -> None:
    site.load(site.drop("t.csv", first))
    site.load(site.drop("t.csv", later), "run 2", {name: choice}, keep=True)
    again = site.load(site.drop("t.csv", changed(later)), "run 3")
    assert again.status is FileStatus.COMPLETED, again.error_message
    if want is not None:
        assert plain(site.rows("t", column)) == want
    log = QuestionLog(site.deps.warehouse)
    withdraw(site.deps, log.kept("t")[0].id, "ben", "prices are back")
    entry = AuditTrail(site.deps.warehouse).entries("t")[0]
    assert (entry.action, entry.actor, entry.reason) == ("withdraw", "ben", "prices are back")
    assert log.kept("t") == ()
    asked = site.load(site.drop("t.csv", later), "run 4")
    assert (asked.status, asked.error_category) == (FileStatus.PENDING, "held"), asked.error_message
    assert f":{column}=" in (asked.error_message or "")


@pytest.mark.parametrize(("first", "later", "name", "choice", "column", "want"), KEPT)
def test_an_answer_for_one_file_is_asked_for_again_with_the_next(
    site: Site, first: str, later: str, name: str, choice: str, column: str, want: list[object] | None
) -> None:
    site.load(site.drop("t.csv", first))
    done = site.load(site.drop("t.csv", later), "run 2", {name: choice})
    assert done.status is FileStatus.COMPLETED, done.error_message
    asked = site.load(site.drop("t.csv", changed(later)), "run 3")
    assert f":{column}=" in (asked.error_message or "")


NEW_NAMES = [
    ("eur", ["renamed_eur", "empty", "refuse"]),
    ("eur,remark", ["renamed_eur", "empty", "refuse"]),  # a text is no price
    ("eur,net,gross", ["renamed_eur", "renamed_net", "renamed_gross", "empty", "refuse"]),
    ("eur,eur", ["empty", "refuse"]),  # which of the two?
    ("", ["empty", "refuse"]),
]


@pytest.mark.parametrize(("names", "offered"), NEW_NAMES)
def test_a_column_under_a_name_that_is_unlike_it_is_offered_among_the_new_ones(
    site: Site, names: str, offered: list[str]
) -> None:
    site.load(site.drop("t.csv", PRODUCTS))
    added = [name for name in names.split(",") if name]
    values = ["text" if name == "remark" else "1.75" for name in added]
    lines = [["sku", "title", "currency", *added], ["A1", "Bolt", "EUR", *values]]
    held = site.load(site.drop("t.csv", "\n".join(map(",".join, lines)) + "\n"), "run 2")
    (asked,) = QuestionLog(site.deps.warehouse).of_load(held.id)
    assert asked.question.name == "column_missing:price"
    assert sorted(choice.key for choice in asked.question.choices) == sorted(offered)


def test_a_refusal_archives_the_file_and_leaves_the_table(site: Site) -> None:
    site.load(site.drop("t.csv", PRODUCTS))
    row = site.load(site.drop("t.csv", RENAMED), "run 2", {"column_renamed:price": "refuse"})
    assert (row.status, row.error_category) == (FileStatus.ERROR, "rejected")
    assert "ann refused the file" in (row.error_message or "")
    assert len(site.rows("t")) == 2


def test_rejected_rows_count_like_damaged_ones(site: Site) -> None:
    site.load(site.drop("t.csv", DAYS, folder=APPEND))
    later = "id;day;amount\n3;16/01/2024;2,5\n4;tbd;3,5\n"
    row = site.load(site.drop("t.csv", later, folder=APPEND), "run 2", {"type_changed:day": "reject"})
    assert row.status is FileStatus.ERROR
    assert "1 of 2 rows" in (row.error_message or "")


def test_an_older_full_load_is_loaded_when_somebody_wants_it(site: Site) -> None:
    site.load(site.drop("rates_20241201.csv", "cur,rate\nUSD,1.1\n"))
    row = site.load(site.drop("rates_20241101.csv", "cur,rate\nUSD,1.05\n"), "run 2", {"older_content": "load"})
    assert row.status is FileStatus.COMPLETED
    assert plain(site.rows("rates", "rate")) == [(1.05,)]


@pytest.mark.parametrize("keep", [True, False])
def test_a_copy_goes_where_the_answer_sends_it(site: Site, keep: bool) -> None:
    site.load(site.drop("harbours.csv", "iata,name\nAAA,Foo\n"))
    row = site.load(
        site.drop("harbours (1).csv", "iata,name\nAAA,Bar\n"), "run 2", {"new_table": "into_harbours"}, keep=keep
    )
    assert (row.status, row.table_name) == (FileStatus.COMPLETED, "harbours")
    assert site.rows("harbours", "name") == [("Bar",)]
    assert site.tables() == ["harbours"]
    again = site.load(site.drop("harbours (1).csv", "iata,name\nAAA,Baz\n"), "run 3")
    assert again.table_name == ("harbours" if keep else "harbours_1")
    assert again.status is (FileStatus.COMPLETED if keep else FileStatus.PENDING)


def test_a_first_file_asks_nothing(site: Site) -> None:
    assert site.load(site.drop("countries.csv", "code,name\nDE,Germany\nNA,Namibia\n")).status is FileStatus.COMPLETED


@pytest.mark.parametrize(
    ("later", "warned"),
    [
        pytest.param("cur,day,until\nUSD,2024-10-31,\nEUR,2024-10-30,\n", True, id="older days"),
        pytest.param("cur,day,until\nUSD,2024-11-30,\nEUR,2024-10-30,\n", False, id="the same latest day"),
        pytest.param("cur,day,until\nUSD,2024-10-31,2025-01-01\n", True, id="a column that was empty decides nothing"),
        pytest.param("cur,day,until\nUSD,2024-12-31,\n", False, id="newer days"),
        pytest.param("cur,day,until\nUSD,,\nEUR,,\n", False, id="no days"),
    ],
)
def test_an_undated_full_load_of_older_days_is_warned_about(site: Site, later: str, warned: bool) -> None:
    site.load(site.drop("rates.csv", "cur,day,until\nUSD,2024-11-30,\nEUR,2024-11-29,\n"))
    row = site.load(
        site.drop("rates.csv", later), "run 2", {"codes_changed:day": "load", "codes_changed:until": "load"}
    )
    assert row.status is FileStatus.COMPLETED
    assert any("an older file?" in warning for warning in row.warnings) is warned
    assert not warned or any("2024-10-31" in warning and "2024-11-30" in warning for warning in row.warnings)


@pytest.mark.parametrize(
    ("before", "after", "renamed"),
    [
        pytest.param(
            "sku,name,price\n7,Bolt,1.50\n8,Nut,0.10\n", "sku,name,cost\n7,Bolt,1.50\n8,Nut,0.10\n", "cost", id="2 of 3"
        ),
        pytest.param(
            "id,day\n1,2024-01-31\n2,2024-02-29\n", "id,stand\n1,2024-01-31\n2,2024-03-31\n", "stand", id="1 of 2"
        ),
        pytest.param("id,n,flag\n1,5,x\n2,6,y\n", "id,qty,flag\n1,5,x\n2,6,y\n", "qty", id="in the middle"),
        pytest.param("id,n,t\n1,5,x\n2,6,y\n", "id,qty,t,u\n1,5,x,a\n2,6,y,b\n", "qty", id="and a new column"),
        pytest.param("id,a,b\n1,5,x\n2,6,y\n", "id,c,d\n1,5,x\n2,6,y\n", "", id="two of them: nothing shows which"),
    ],
)
def test_a_column_of_a_small_table_may_have_any_new_name(site: Site, before: str, after: str, renamed: str) -> None:
    site.load(site.drop("t.csv", before))
    columns = list(site.columns("t"))
    row = site.load(site.drop("t.csv", after), "run 2", {"layout_changed": "renamed"})
    if not renamed:
        assert "Choose one of: same, refuse." in (row.error_message or "")
        return
    assert row.status is FileStatus.COMPLETED
    assert renamed not in site.columns("t")
    assert all(None not in values for values in site.rows("t", ", ".join(columns)))
