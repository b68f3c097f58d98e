"""The doubts between two delimiters, or two encodings, that fit a file almost equally well."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from refdata.core.filemodel import Doubt, Reading
from refdata.core.statedformat import StatedFormat
from refdata.csvformat.celltypes import TYPED, cell_type
from refdata.csvformat.confidence import reading
from refdata.csvformat.dialects import DELIMITERS, NO_DELIMITER
from refdata.csvformat.encoding import Encoding
from refdata.csvformat.ranking import Candidate

MIN_DECIDED = 0.6
"""The chance of the best delimiter below which the file is not loaded until a person decides."""

RIVAL = 0.2
"""The chance of another delimiter that makes a file a close call if its confidence is below ``MIN_DECIDED``."""

OFFERED = 3
"""Delimiters that a person can choose from."""

MOST_LOOSE = 3
"""Fields up to which delimiters with a blank behind them may be the punctuation of a text."""

FEWEST_LOOSE = 3
"""Rows from which that shows."""

_KEYS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe", NO_DELIMITER: "single_column"}


def close_call(
    ranked: Sequence[Candidate],
    shares: Sequence[float],
    sure: float,
    text: str,
    stated: StatedFormat,
    *,
    loose: bool = False,
) -> Doubt | None:
    """The doubt between two delimiters that fit almost equally well, unless one is stated or the header is known.

    :param ranked: the candidates, the best first, and ``shares`` the chance of each, which add up to 1.
    :param sure: the confidence of the best one.
    :param text: the text that they read.
    :param loose: the best one may divide text at its own punctuation.
    """
    best = ranked[0]
    if stated.delimiter is not None or best.evidence.known_header:
        return None
    if loose:
        return doubt_between(ranked, text)
    by_delimiter: defaultdict[str, float] = defaultdict(float)
    for one, share in zip(ranked, shares, strict=True):
        by_delimiter[one.dialect.delimiter] += share
    own = by_delimiter.pop(best.dialect.delimiter)
    rival = max(by_delimiter.values(), default=0.0)
    if not by_delimiter or (own >= MIN_DECIDED and not (rival >= RIVAL and sure < MIN_DECIDED)):
        return None
    return doubt_between(ranked, text)


def doubt_between(ranked: Sequence[Candidate], text: str) -> Doubt:
    """The doubt between the best candidate and the best one of another delimiter."""
    first: dict[str, Candidate] = {}
    for one in ranked:
        first.setdefault(one.dialect.delimiter, one)
    best, other = list(first.values())[:2]
    if best.dialect.delimiter != NO_DELIMITER and _is_loose(best):
        other = first[NO_DELIMITER]
    return Doubt(
        f"The file can be read in two ways: {reading(best.evidence)}, or {reading(other.evidence)}",
        "Put quotes around text that contains a delimiter, or state the delimiter in the table's contract"
        " (dialect: delimiter).",
        tuple(_reading(one, text) for one in list(first.values())[:OFFERED] if _can_be_read(one, text)),
    )


def loose_first(ranked: Sequence[Candidate]) -> tuple[list[Candidate], bool]:
    """The candidates, and whether the best may divide text at its own punctuation: ``Austin, TX`` in each line.

    Then a blank follows each delimiter, and no column has numbers or dates. If the first line has no delimiter, a
    single column comes first.
    """
    best = ranked[0]
    single = next((one for one in ranked if one.dialect.delimiter == NO_DELIMITER), None)
    known = best.evidence.known_delimiter or best.evidence.known_header
    if single is None or known or not 1 < best.evidence.shape.width <= MOST_LOOSE or not _is_loose(best):
        return list(ranked), False
    first = next(row for row in best.rows if not row.blank)
    if len(first.cells) > 1:
        return list(ranked), True
    return [single, *(one for one in ranked if one is not single)], True


def _is_loose(candidate: Candidate) -> bool:
    """Whether a blank follows each delimiter, between words."""
    rows = [row.cells for row in candidate.rows if len(row.cells) > 1]
    behind = [cell for cells in rows for cell in cells[1:]]
    return (
        candidate.dialect.delimiter in ",;"
        and len(rows) >= FEWEST_LOOSE
        and not candidate.evidence.quotes.total
        and all(cell.startswith(" ") and cell.strip() for cell in behind)
        and not any(cell_type(cell.strip()) in TYPED for cell in behind)
        and not any(cell_type(cells[0].strip()) in TYPED for cells in rows)
    )


def _can_be_read(one: Candidate, text: str) -> bool:
    """Whether a single column can be read as one: by a delimiter that its text does not contain."""
    return one.dialect.delimiter != NO_DELIMITER or shown_delimiter(NO_DELIMITER, text) not in text


def _reading(one: Candidate, text: str) -> Reading:
    words = reading(one.evidence)
    effect = f"The file is read as {words}."
    if one.dialect.delimiter == NO_DELIMITER:
        effect = "Each line is one value of a single column."
    key = _KEYS.get(one.dialect.delimiter, "other")
    return Reading(key, words[:1].upper() + words[1:], effect, delimiter=shown_delimiter(one.dialect.delimiter, text))


def shown_delimiter(delimiter: str, text: str) -> str:
    """A delimiter; for a single column one that its text does not contain, so it stays one column."""
    if delimiter != NO_DELIMITER:
        return delimiter
    return next((one for one in DELIMITERS if one not in text), ",")


def unsure_letters(encoding: Encoding) -> Doubt | None:
    """The doubt between encodings that read the bytes as other letters, and fit nearly alike."""
    if not encoding.rivals:
        return None
    return Doubt(
        f"The file's encoding is not certain: it can be {encoding.name} or {' or '.join(encoding.rivals)}, and some"
        " letters differ",
        "State the encoding in the table's contract (encoding: …), or save the file as UTF-8 and drop it again.",
        tuple(
            Reading(name, f"The encoding is {name}", f"All files of the table are read as {name}.", encoding=name)
            for name in (encoding.name, *encoding.rivals)
        ),
    )
