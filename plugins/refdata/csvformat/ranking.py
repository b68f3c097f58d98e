"""All possible dialects of a text, the best first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from refdata.core.knownformat import NOTHING_KNOWN, KnownFormat
from refdata.core.statedformat import NOTHING_STATED, StatedFormat
from refdata.csvformat.candidates import possible_dialects, stated_dialects, without_comments
from refdata.csvformat.celltypes import TYPED, cell_type
from refdata.csvformat.dialects import NO_DELIMITER, Dialect, TextRow, read_rows
from refdata.csvformat.evidence import DialectEvidence, weigh
from refdata.csvformat.lines import physical_lines, without_broken_line
from refdata.csvformat.score import score

SCORED_CHARACTERS = 64 * 1024
"""Characters of the head that dialects are tried on."""

FEWEST_SPACED = 3
"""Rows from which blanks after all delimiters are the way in which the file is written."""

SCORED_ROWS = 1000
"""Rows that dialects are tried on."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A dialect, the rows it gives, its evidence, and its score."""

    dialect: Dialect
    rows: list[TextRow]
    evidence: DialectEvidence
    score: float


def rank_dialects(
    text: str,
    delimiter: str = "",
    stated: StatedFormat = NOTHING_STATED,
    known: KnownFormat = NOTHING_KNOWN,
) -> list[Candidate]:
    """Rank the dialects of a text; at least one.

    :param delimiter: if known, only dialects that use it.
    :param stated: the declared parts of the dialect; they apply whatever the text looks like.
    :param known: how the table's earlier files were written.
    """
    part = text if len(text) <= SCORED_CHARACTERS else without_broken_line(text[:SCORED_CHARACTERS])
    part = without_comments(part)
    lines = physical_lines(part)
    dialects = [one for one in possible_dialects(part, known) if not delimiter or one.delimiter == delimiter]
    if stated.states_dialect:
        dialects = stated_dialects(list(possible_dialects(part)), stated)
    candidates = [_judge(dialect, part, lines, known) for dialect in dialects]
    ranked = sorted(_distinct(candidates), key=lambda candidate: -candidate.score)
    if stated.skip_initial_space is not None:
        return ranked
    return [_with_initial_space(ranked[0], part, lines, known), *ranked[1:]]


def _with_initial_space(best: Candidate, text: str, lines: Sequence[str], known: KnownFormat) -> Candidate:
    """The candidate that ignores blanks after a delimiter: before quotes, if more rows then have the same number of
    fields; before everything, if a blank follows each delimiter and numbers or dates show that it is one."""
    if not best.evidence.quotes.spaced and not _is_spaced(best):
        return best
    skipping = _judge(replace(best.dialect, skip_initial_space=True), text, lines, known)
    better = skipping.evidence.shape.uniform > best.evidence.shape.uniform
    return skipping if better or _is_spaced(best) else best


def _is_spaced(best: Candidate) -> bool:
    """Whether a blank follows each delimiter, before a number or date in each row."""
    if best.evidence.fit.loose < 1.0 or best.dialect.delimiter == NO_DELIMITER:
        return False
    rows = [row.cells[1:] for row in best.rows if len(row.cells) > 1]
    typed = sum(any(cell_type(cell.strip()) in TYPED for cell in cells) for cells in rows)
    return len(rows) >= FEWEST_SPACED and typed >= 0.8 * len(rows) - 1


def _distinct(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates without those that give the rows of one before them."""
    kept: list[Candidate] = []
    for candidate in candidates:
        if all(candidate.rows != other.rows for other in kept):
            kept.append(candidate)
    return kept


def _judge(dialect: Dialect, text: str, lines: Sequence[str], known: KnownFormat) -> Candidate:
    rows = read_rows(lines, dialect, limit=SCORED_ROWS)
    evidence = weigh(dialect, rows, text, known)
    return Candidate(dialect, rows, evidence, score(evidence))
