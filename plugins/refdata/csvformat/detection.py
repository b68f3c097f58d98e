"""How to read a file that nobody described."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from refdata.core.errors import FormatError
from refdata.core.model import Format, RunnerUp
from refdata.csvformat.candidates import possible_dialects, without_comments
from refdata.csvformat.dialects import DELIMITERS, NO_DELIMITER, Dialect, Row, read_rows
from refdata.csvformat.encoding import Encoding, decode, detect_encoding
from refdata.csvformat.evidence import Evidence, weigh
from refdata.csvformat.layout import find_header, table_start
from refdata.csvformat.lines import line_ending, physical_lines, without_broken_line
from refdata.csvformat.sample import SAMPLE_BYTES, Sample, read_sample
from refdata.csvformat.score import chances, score

SCORED_CHARACTERS = 96 * 1024
"""Characters of the head that dialects are tried on."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A dialect, the rows it gives, what speaks for it, and its score."""

    dialect: Dialect
    rows: list[Row]
    evidence: Evidence
    score: float


def detect(
    path: str | Path,
    *,
    known_columns: Sequence[str] = (),
    code_page: str = "cp1252",
    sample_bytes: int = SAMPLE_BYTES,
) -> Format:
    """Detect encoding, dialect and layout of a CSV file from a bounded sample.

    :param known_columns: the column names of the table that the file is for, if it exists.
    :param code_page: the encoding that files here are in when they are no Unicode.
    :param sample_bytes: bytes to read at most; memory and time follow it, not the file's size.
    :raises FormatError: the file is empty, binary or in no one encoding.
    :raises OSError: the file cannot be read.
    """
    sample = read_sample(Path(path), sample_bytes)
    if not sample.head.data.strip():
        raise FormatError("The file is empty", where=str(path), advice="drop a file that has rows or at least a header")
    head, encoding = head_text(sample, code_page)
    ranked = rank_dialects(head)
    return _format(ranked, encoding, head, known_columns)


def head_text(sample: Sample, code_page: str) -> tuple[str, Encoding]:
    """The whole lines of a sample's head, and the encoding they are in."""
    encoding = detect_encoding(sample, code_page)
    text = decode(sample.head, encoding.name)
    return (text if sample.whole else without_broken_line(text)), encoding


def rank_dialects(text: str) -> list[Candidate]:
    """All dialects that a text might be in, the best first."""
    part = text if len(text) <= SCORED_CHARACTERS else without_broken_line(text[:SCORED_CHARACTERS])
    part = without_comments(part)
    lines = physical_lines(part)
    candidates = [_judge(dialect, part, lines) for dialect in possible_dialects(part)]
    return sorted(_distinct(candidates), key=lambda candidate: -candidate.score)


def _distinct(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates without those that give the rows of one before them."""
    kept: list[Candidate] = []
    for candidate in candidates:
        if all(candidate.rows != other.rows for other in kept):
            kept.append(candidate)
    return kept


def _judge(dialect: Dialect, text: str, lines: Sequence[str]) -> Candidate:
    rows = read_rows(lines, dialect)
    evidence = weigh(dialect, rows, text)
    return Candidate(dialect, rows, evidence, score(evidence))


def _format(ranked: Sequence[Candidate], encoding: Encoding, text: str, known_columns: Sequence[str]) -> Format:
    best = ranked[0]
    shares = chances([candidate.score for candidate in ranked])
    start = table_start(physical_lines(text), best.dialect, best.evidence.shape.width, known_columns)
    header = find_header(start, known_columns)
    delimiter = best.dialect.delimiter if best.dialect.delimiter != NO_DELIMITER else _unused(text)
    return Format(
        encoding=encoding.name,
        delimiter=delimiter,
        quote=best.dialect.quote,
        escape=best.dialect.escape,
        has_header=header.present,
        header=header.names,
        line_ending=line_ending(text),
        preamble_lines=start.line,
        header_lines=header.lines,
        comment=start.comment,
        confidence=round(shares[0] * encoding.confidence, 4),
        reasons=(encoding.reason,),
        runners_up=tuple(
            RunnerUp(one.dialect.delimiter, one.dialect.quote, round(chance, 4))
            for one, chance in list(zip(ranked, shares, strict=True))[1:4]
        ),
    )


def _unused(text: str) -> str:
    """A delimiter that the text of a single column does not hold, so it stays one column."""
    return next((delimiter for delimiter in DELIMITERS if delimiter not in text), ",")
