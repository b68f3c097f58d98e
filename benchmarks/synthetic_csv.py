"""Random CSV texts whose dialect and header are known: ordinary, hard and damaged ones.

Made for fitting and checking the detector beside the annotated real files. Everything follows from the
seed. The values are words, codes, numbers and sentences of the kinds that reference data has.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

WORDS = [
    "north",
    "south",
    "river",
    "harbour",
    "station",
    "account",
    "centre",
    "cost",
    "region",
    "product",
    "service",
    "customer",
    "order",
    "invoice",
    "market",
    "Straße",
    "élan",
    "Zürich",
    "Łódź",
    "señal",
    "København",
    "garden",
    "silver",
    "office",
    "bridge",
    "winter",
    "summer",
    "stock",
    "quality",
    "engine",
    "paper",
]
NAMES = [
    "id",
    "code",
    "name",
    "city",
    "country",
    "amount",
    "price",
    "date",
    "valid_from",
    "valid_to",
    "type",
    "status",
    "description",
    "quantity",
    "unit",
]
Maker = Callable[[random.Random], str]


@dataclass(frozen=True)
class SyntheticFile:
    """A text and what it was made with; ``quote`` and ``escape`` are those of the writer."""

    text: str
    delimiter: str
    quote: str
    escape: str
    has_header: bool


def sentence(rng: random.Random) -> str:
    """Words with commas, semicolons, pipes or quotes between them now and then."""
    parts = [rng.choice(WORDS) for _ in range(rng.randint(2, 12))]
    for _ in range(rng.randint(0, 3)):
        at = rng.randrange(len(parts))
        parts[at] += rng.choice([",", ",", ",", ";", ":", ".", "!"])
    if rng.random() < 0.1:
        parts[rng.randrange(len(parts))] = f'"{rng.choice(WORDS)}"'
    if rng.random() < 0.15:
        parts[rng.randrange(len(parts))] += "'s"
    return " ".join(parts)


def _decimal(mark: str, digits: int) -> Maker:
    return lambda rng: f"{rng.randint(-999, 9999)}{mark}{rng.randint(0, 10**digits - 1):0{digits}d}"


def _date(form: str) -> Maker:
    return lambda rng: form.format(y=rng.randint(1990, 2030), m=rng.randint(1, 12), d=rng.randint(1, 28))


def _codes(rng: random.Random) -> str:
    return "".join(rng.choice("ABCDEFGHKLMNPRSTUVXYZ0123456789") for _ in range(rng.randint(2, 8)))


def _link(rng: random.Random) -> str:
    return f"https://example.org/{rng.choice(WORDS)}?a={rng.randint(1, 99)};b={rng.randint(1, 9)}"


def _list(mark: str) -> Maker:
    return lambda rng: mark.join(rng.choice(WORDS) for _ in range(rng.randint(1, 4)))


MAKERS: tuple[Maker, ...] = (
    lambda rng: str(rng.randint(1, 99999)),
    lambda rng: str(rng.randint(0, 1)),
    _decimal(".", 2),
    _decimal(",", 2),
    _decimal(".", 6),
    _date("{y}-{m:02d}-{d:02d}"),
    _date("{d:02d}/{m:02d}/{y}"),
    _date("{d}.{m}.{y}"),
    _date("{y}-{m:02d}-{d:02d} 12:{m:02d}:{d:02d}"),
    _codes,
    _codes,
    lambda rng: rng.choice(WORDS),
    lambda rng: f"{rng.choice(WORDS)} {rng.choice(WORDS)}",
    lambda rng: f"{rng.choice(WORDS).title()}, {rng.choice(WORDS)}",
    sentence,
    sentence,
    lambda rng: rng.choice(["true", "false"]),
    lambda rng: f"${rng.randint(1, 9999):,}.{rng.randint(0, 99):02d}",
    lambda rng: f"{rng.choice(WORDS)}@example.com",
    _link,
    _list(","),
    _list(";"),
    _list("|"),
    lambda _: "",
)


def synthetic_file(seed: int) -> SyntheticFile:
    """The file of a seed."""
    rng = random.Random(seed)
    delimiter = rng.choices(",;\t|", (5, 3, 2, 1))[0]
    quote = rng.choices(['"', "'"], (12, 1))[0]
    escape = rng.choices(["", "\\"], (12, 1))[0]
    columns = _columns(rng, delimiter)
    has_header = rng.random() < 0.7
    style = rng.choice(["needed", "needed", "text", "all"])
    rows = [[maker(rng) for maker in columns] for _ in range(_row_count(rng))]
    table = [_header(rng, len(columns)), *rows] if has_header else rows
    lines = [delimiter.join(_field(value, delimiter, quote, escape, style) for value in row) for row in table]
    lines = _framed(rng, _damaged(rng, lines, delimiter, int(has_header)), delimiter)
    ending = rng.choice(["\n", "\n", "\r\n", "\r"])
    text = ending.join(lines) + (ending if rng.random() < 0.8 else "")
    return SyntheticFile(text, delimiter, quote, escape, has_header)


def _columns(rng: random.Random, delimiter: str) -> list[Maker]:
    count = rng.choice([1, 2, 2, 3, 3, 4, 5, 6, 8, 12, 20])
    blank_decimal = MAKERS[3]
    pool = [maker for maker in MAKERS if not (delimiter == "," and maker is blank_decimal)]
    return [rng.choice(pool[:-1])] + [rng.choice(pool) for _ in range(count - 1)]


def _row_count(rng: random.Random) -> int:
    return rng.choice([1, 2, 3, 5, 8, 15, 40, 120])


def _header(rng: random.Random, count: int) -> list[str]:
    style = rng.choice([str.lower, str.upper, str.title])
    return [
        style(f"{name}{number if number >= len(NAMES) else ''}")
        for number, name in zip(range(count), NAMES * 3, strict=False)
    ]


def _field(value: str, delimiter: str, quote: str, escape: str, style: str) -> str:
    must = any(mark in value for mark in (delimiter, quote, "\n", "\r"))
    textual = not value.replace(".", "").replace("-", "").replace(",", "").isdigit() and value != ""
    if not (must or style == "all" or (style == "text" and textual)):
        return value
    inner = value.replace(escape, escape * 2) if escape else value
    return quote + inner.replace(quote, (escape or quote) + quote) + quote


def _damaged(rng: random.Random, lines: list[str], delimiter: str, first: int) -> list[str]:
    """A few rows that are too short or too long."""
    if len(lines) < 8 or rng.random() < 0.75:
        return lines
    for _ in range(rng.randint(1, max(1, len(lines) // 12))):
        at = rng.randrange(first, len(lines))
        lines[at] = lines[at].rpartition(delimiter)[0] if rng.random() < 0.5 else lines[at] + delimiter + "x"
    return lines


def _framed(rng: random.Random, lines: list[str], delimiter: str) -> list[str]:
    """A title, a note or comments before the table, a total after it."""
    if len(lines) < 4 or rng.random() < 0.7:
        return lines
    preamble = rng.choice(
        [
            ["Report of costs, all regions", ""],
            ["# made by export; do not edit"],
            ["Title" + delimiter * 3, delimiter * 3],
            ["Created: 2024-01-05", "Source: ledger, main", ""],
        ]
    )
    trailer = rng.choice([[], [], ["Total: 5 rows"], ["", "End of file"]])
    return [*preamble, *lines, *trailer]
