"""Rules on single values: which rows break them, whatever the column's type."""

from __future__ import annotations

import datetime
import decimal
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdata.core import sqltypes
from refdata.core.contract import Constraint, Contract, FieldContract, RuleValue
from refdata.core.contractterms import ConstraintKind as Kind
from refdata.core.contractterms import Severity
from refdata.core.errors import ConfigurationError
from refdata.core.filemodel import Format, ReadColumn, RejectedRow
from refdata.core.sqltypes import SqlType
from refdata.csvformat.arrowtypes import schema_of
from refdata.csvformat.reader import read_rows
from refdata.csvformat.rowrules import WarnedRules, broken_rules, reason, row_rules

TEXT = sqltypes.text(50)
DECIMAL = sqltypes.decimal(10, 2)


def contract(kind: Kind, value: RuleValue, severity: Severity = Severity.ERROR) -> Contract:
    rule = Constraint(kind, value, severity)
    return Contract(table="t", fields=(FieldContract(name="v", constraints=(rule,)),))


def batch(kind: SqlType, values: Sequence[Any]) -> tuple[list[ReadColumn], pa.RecordBatch]:
    columns = [ReadColumn(0, "v", kind)]
    return columns, pa.RecordBatch.from_pydict({"v": list(values)}, schema=schema_of(columns))


def rows_at_fault(kind: Kind, value: RuleValue, of: SqlType, values: Sequence[Any]) -> list[int]:
    columns, rows = batch(of, values)
    return list(broken_rules(rows, row_rules(contract(kind, value), columns)))


PRICE = sqltypes.decimal(5, 2)
DAY = datetime.date(2024, 1, 31)
CASES = [
    (Kind.REQUIRED, True, TEXT, ["a", None, ""], [1]),
    (Kind.REQUIRED, False, TEXT, ["a", None], []),
    (Kind.PATTERN, "[A-Z]{3}", TEXT, ["ABC", "ABCD", "xABC", "abc", None, "ABC\n"], [1, 2, 3, 5]),
    (Kind.PATTERN, "a|b", TEXT, ["a", "b", "ab", ""], [2, 3]),
    (Kind.PATTERN, r"(?=A).{2}", TEXT, ["AB", "BA", None, "AB"], [1]),
    (Kind.PATTERN, r"\d{2}", sqltypes.INT, [12, 123, None], [1]),
    (Kind.ENUM, ("EUR", "USD"), TEXT, ["EUR", "eur", None, "GBP"], [1, 3]),
    (Kind.ENUM, ("1", "2"), sqltypes.INT, [1, 3, None], [1]),
    (Kind.MINIMUM, "-500", sqltypes.INT, [-501, -500, None], [0]),
    (Kind.MAXIMUM, "9000.5", DECIMAL, [decimal.Decimal("9000.50"), decimal.Decimal("9000.51")], [1]),
    (Kind.EXCLUSIVE_MINIMUM, "0", sqltypes.FLOAT, [0.0, 0.1, -1.0], [0, 2]),
    (Kind.EXCLUSIVE_MAXIMUM, "10", sqltypes.BIGINT, [9, 10, 11], [1, 2]),
    (Kind.MAXIMUM, "1000", PRICE, [decimal.Decimal("999.99"), None], []),
    (Kind.MINIMUM, "1000", PRICE, [decimal.Decimal("999.99"), None], [0]),
    (Kind.MAXIMUM, "99.999", PRICE, [decimal.Decimal("99.99"), decimal.Decimal("100.00")], [1]),
    (Kind.MINIMUM, "-0.001", PRICE, [decimal.Decimal("-0.01"), decimal.Decimal("0.00")], [0]),
    (Kind.EXCLUSIVE_MINIMUM, "0.5", sqltypes.INT, [0, 1, None], [0]),
    (Kind.MAXIMUM, "3000000000", sqltypes.INT, [2**31 - 1, None], []),
    (Kind.MINIMUM, "1e999999", sqltypes.BIGINT, [1, None], [0]),
    (Kind.MINIMUM, "1", sqltypes.BIT, [True, False, None], [1]),
    (Kind.MAXIMUM, "5", sqltypes.BIT, [True, False, None], []),
    (Kind.ENUM, ("0.5", "1000", "2.50"), PRICE, [decimal.Decimal("0.50"), decimal.Decimal("2.51")], [1]),
    (Kind.ENUM, ("3000000000", "1.5", "7"), sqltypes.INT, [7, 1], [1]),
    (Kind.MINIMUM, "2024-01-31", sqltypes.DATE, [DAY, DAY - datetime.timedelta(1), None], [1]),
    (Kind.MIN_LENGTH, 2, TEXT, ["a", "ab", "ß", None, ""], [0, 2, 4]),
    (Kind.MAX_LENGTH, 2, TEXT, ["ab", "äöü", None], [1]),
    (Kind.MAX_LENGTH, 3, sqltypes.INT, [123, 1234], [1]),
]


@pytest.mark.parametrize(("kind", "value", "of", "values", "want"), CASES)
def test_the_rows_that_break_a_rule(
    kind: Kind, value: RuleValue, of: SqlType, values: list[Any], want: list[int]
) -> None:
    assert rows_at_fault(kind, value, of, values) == want


@pytest.mark.parametrize(
    ("kind", "value", "of", "words"),
    [
        (Kind.MINIMUM, "low", sqltypes.INT, "low cannot be compared with column v, which is INT"),
        (Kind.MAXIMUM, "NaN", sqltypes.INT, "NaN cannot be compared with column v, which is INT"),
        (Kind.ENUM, ("1", "x"), sqltypes.INT, "1, x cannot be compared"),
        (Kind.MAXIMUM, "31.01.2024", sqltypes.DATE, "cannot be compared with column v, which is DATE"),
        (Kind.PATTERN, "[A-Z", TEXT, "The pattern '[A-Z' is invalid"),
    ],
)
def test_a_rule_that_does_not_fit_its_column_is_a_configuration_error(
    kind: Kind, value: RuleValue, of: SqlType, words: str
) -> None:
    columns, _ = batch(of, [])
    with pytest.raises(ConfigurationError, match=re.escape(words)):
        row_rules(contract(kind, value), columns)


def test_a_row_is_refused_once_by_its_first_rule_and_says_why() -> None:
    rules = (Constraint(Kind.MIN_LENGTH, 3), Constraint(Kind.PATTERN, "[A-Z]+"))
    fields = Contract(table="t", fields=(FieldContract(name="v", constraints=rules),))
    columns, rows = batch(TEXT, ["ab", "ABC"])
    broken = broken_rules(rows, row_rules(fields, columns))
    assert {row: reason(rule) for row, rule in broken.items()} == {
        0: "column 'v' breaks its rule: it must have at least 3 characters"
    }


def test_a_rule_that_only_warns_refuses_nothing_and_is_counted() -> None:
    columns, rows = batch(TEXT, ["a", None, None])
    rules = row_rules(contract(Kind.REQUIRED, True, Severity.WARN), columns)
    assert broken_rules(rows, rules) == {}
    warned = WarnedRules(rules)
    warned.add(rows)
    warned.add(rows)
    assert warned.sentences() == (
        "4 rows break the rule on column 'v': a value is required. They are loaded, because the rule only warns.",
    )


@given(st.lists(st.none() | st.text(st.characters(codec="utf-8"), max_size=6), max_size=30))
def test_lengths_and_patterns_agree_with_python(values: list[str | None]) -> None:
    known = list(enumerate(values))
    longer = [row for row, value in known if value is not None and len(value) > 3]
    assert rows_at_fault(Kind.MAX_LENGTH, 3, TEXT, values) == longer
    other = [row for row, value in known if value is not None and not re.fullmatch("[a-z0-9]*", value)]
    assert rows_at_fault(Kind.PATTERN, "[a-z0-9]*", TEXT, values) == other
    assert rows_at_fault(Kind.PATTERN, "(?!x)[a-z0-9]*|x.*", TEXT, values) is not None


RULES = Contract(
    table="t",
    fields=(
        FieldContract(name="code", constraints=(Constraint(Kind.PATTERN, "[A-Z]{2}"),)),
        FieldContract(name="n", constraints=(Constraint(Kind.MAXIMUM, "99"),)),
    ),
)
COLUMNS = [ReadColumn(0, "code", TEXT), ReadColumn(1, "n", sqltypes.INT)]


def read(tmp_path: Path, text: str, block_bytes: int) -> tuple[list[tuple[str, int]], list[RejectedRow]]:
    path = tmp_path / "t.csv"
    path.write_text(text, newline="")
    rejects: list[RejectedRow] = []
    fmt = Format("utf-8", ",", '"', "", True, ("code", "n"))
    rules = row_rules(RULES, COLUMNS)
    batches = read_rows(path, fmt, columns=COLUMNS, on_reject=rejects.append, rules=rules, block_bytes=block_bytes)
    rows = [tuple(row.values()) for batch in batches for row in batch.to_pylist()]
    return rows, rejects


@pytest.mark.parametrize("block_bytes", [16, 1 << 20])
def test_a_row_that_breaks_a_rule_is_a_reject_with_its_line_and_text(tmp_path: Path, block_bytes: int) -> None:
    text = 'code,n\nDE,1\nde,2\n"FR",3\nIT,100\nES,x\nPT\nNL,4\n'
    rows, rejects = read(tmp_path, text, block_bytes)
    assert rows == [("DE", 1), ("FR", 3), ("NL", 4)]
    assert [(reject.line, reject.raw) for reject in rejects] == [(3, "de,2"), (5, "IT,100"), (6, "ES,x"), (7, "PT")]
    assert "must match [A-Z]{2}" in rejects[0].reason
    assert "must be at most 99" in rejects[1].reason


ROWS = st.lists(st.tuples(st.sampled_from(["DE", "de", "", "F\nR"]), st.integers(90, 110)), max_size=40)


@given(ROWS, st.sampled_from([16, 64, 1 << 20]))
def test_every_row_is_either_loaded_or_rejected(rows: list[tuple[str, int]], block_bytes: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        text = "code,n\n" + "".join(f'"{code}",{number}\n' for code, number in rows)
        loaded, rejects = read(Path(folder), text, block_bytes)
    kept = [(code or None, number) for code, number in rows if code in ("DE", "") and number <= 99]
    assert loaded == kept
    assert len(rejects) == len(rows) - len(kept)
