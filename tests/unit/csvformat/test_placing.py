"""Rows are found again by their number among those that the reader gives."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdata.core import sqltypes
from refdata.core.contract import Constraint, Contract, FieldContract
from refdata.core.contractterms import ConstraintKind
from refdata.core.filemodel import Format, ReadColumn, RejectedRow
from refdata.csvformat.placing import place_rows
from refdata.csvformat.reader import read_rows
from refdata.csvformat.rowrules import row_rules

FORMAT = Format("utf-8", ",", '"', "", True, ("code", "n"))
COLUMNS = [ReadColumn(0, "code", sqltypes.text(20)), ReadColumn(1, "n", sqltypes.INT)]
RULES = row_rules(
    Contract(table="t", fields=(FieldContract(name="n", constraints=(Constraint(ConstraintKind.MAXIMUM, "99"),)),)),
    COLUMNS,
)


@pytest.mark.parametrize("block_bytes", [16, 1 << 20])
def test_rows_are_placed_with_their_line_and_text(tmp_path: Path, block_bytes: int) -> None:
    path = tmp_path / "t.csv"
    path.write_text('code,n\nA,1\n"B\nb",2\nC,100\nD\n\nE,5\nF,6\n', newline="")
    reasons = {2: "twice", 4: "unmet"}  # A, B, E, F are the rows that are read
    found = list(place_rows(path, FORMAT, columns=COLUMNS, rules=RULES, reasons=reasons, block_bytes=block_bytes))
    assert found == [RejectedRow(3, "twice", '"B\nb",2'), RejectedRow(9, "unmet", "F,6")]


VALUES = st.sampled_from(["A", "B\nb", 'C"c', "", "D,d"])


@given(
    st.lists(st.tuples(VALUES, st.integers(95, 103) | st.just("x")), max_size=40),
    st.sampled_from([16, 80, 1 << 20]),
    st.data(),
)
def test_every_number_leads_to_the_row_that_was_read(
    rows: list[tuple[str, int | str]], block_bytes: int, data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        texts = ['"{}",{}'.format(code.replace('"', '""'), number) for code, number in rows]
        path.write_text("".join(f"{text}\n" for text in ("code,n", *texts)), newline="")
        batches = read_rows(
            path, FORMAT, columns=COLUMNS, on_reject=lambda _: None, rules=RULES, block_bytes=block_bytes
        )
        count = sum(batch.num_rows for batch in batches)
        wanted = data.draw(st.sets(st.integers(1, max(count, 1)), max_size=5))
        reasons = {number: str(number) for number in wanted if number <= count}
        found = list(place_rows(path, FORMAT, columns=COLUMNS, rules=RULES, reasons=reasons, block_bytes=block_bytes))
    read = [text for text, (_, number) in zip(texts, rows, strict=True) if number != "x" and int(number) <= 99]
    assert [(one.raw, one.reason) for one in found] == [(read[number - 1], str(number)) for number in sorted(reasons)]
