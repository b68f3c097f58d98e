"""Why one dialect was preferred to the next best, in words."""

from __future__ import annotations

from refdata.csvformat.confidence import reading
from refdata.csvformat.evidence import DialectEvidence
from refdata.csvformat.score import WEIGHTS

MOST_NAMED = 3
"""Measures that are named for each side, the weightiest first."""

LEAST = 0.2
"""Log odds below which a measure is not worth a word."""

_WORDS = {
    "uniform": "rows of one width",
    "steady": "neighbouring rows of one width",
    "width": "the number of fields",
    "one_column": "a single column",
    "typed": "numbers, dates and words as cells",
    "broken": "few cells that look cut in two",
    "alike": "columns of one kind",
    "placed": "quotes at the boundaries of fields",
    "enclosed": "quoted fields",
    "wrapped": "few cells with quotes left around them",
    "leftover": "few cells that contain another delimiter",
    "apostrophe_stray": "few apostrophes within words",
    "loose": "few blanks behind delimiters",
    "apostrophe": "quotes rather than apostrophes",
    "unquoted": "quotes that enclose",
    "headed": "a first row divided like the others",
    "swallowed": "no quote that is never closed",
    "known_delimiter": "the delimiter of the table's earlier files",
    "known_quotes": "the quotes of the table's earlier files",
    "known_header": "the table's own header",
}
_USUAL = frozenset({"comma", "semicolon", "tab", "pipe"})


def comparison(best: DialectEvidence, other: DialectEvidence) -> str:
    """A sentence with the evidence for the best dialect and against it, weighed against another one.

    The figures are differences of log odds, as ``score`` weighs them.
    """
    ours, theirs = best.measures(), other.measures()
    weights = {_words(name): 0.0 for name in ours}
    for name, value in ours.items():
        weights[_words(name)] += WEIGHTS[name] * (value - theirs[name])
    ranked = sorted(weights.items(), key=lambda item: -abs(item[1]))
    speaking = [_side([item for item in ranked if item[1] * sign > LEAST]) for sign in (1, -1)]
    return (
        f"{reading(best)}, not {reading(other)}; evidence for the first: {speaking[0] or 'none'};"
        f" evidence for the second: {speaking[1] or 'none'}"
    )


def _words(name: str) -> str:
    return "how common the delimiter is" if name in _USUAL else _WORDS[name]


def _side(items: list[tuple[str, float]]) -> str:
    return ", ".join(f"{words} ({abs(weight):.1f})" for words, weight in items[:MOST_NAMED])
