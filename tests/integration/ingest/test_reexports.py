"""A table that is exported again in another form is the same table: equal values, and nothing is asked."""

from __future__ import annotations

import csv
import io
import string
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from refdata.core.model import FileStatus
from tests.integration.ingest.conftest import Site

WORDS = (
    "Genève",
    "München",
    "São Paulo",
    "Málaga",
    "Zürich",
    "Orléans",
    "Åbo",
    "Lyon",
    "Graz, Mitte",
    'Café "Rio"',
    "Łódź",
    "d'Or",
    "a, b; c",
    "x|y",
)
NOTES = ("seen 2024-01-05", "007 was here", "1.5 kg", "to be checked")
TITLES = ("Code", "Land", "Einwohner", "Fläche km²", "Valid from", "Active", "Note", "Unit price", "Rank", "Group")
TYPES = {"code": "string", "note": "string", "rate": "number", "big": "integer", "moment": "datetime"}
MOMENTS = datetime.fromisoformat("1950-01-01"), datetime.fromisoformat("2049-12-31")
QUOTING: tuple[Literal[0, 1], ...] = (csv.QUOTE_MINIMAL, csv.QUOTE_ALL)
DATES = ("%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y")


@dataclass(frozen=True)
class Notation:
    """How the contract states that values are written; the same in each export."""

    date: str
    decimal: str
    group: str
    booleans: tuple[str, str]
    missing: str


@dataclass(frozen=True)
class Export:
    """What may differ between two exports of one table."""

    delimiter: str
    quoting: Literal[0, 1]
    line_end: str
    encoding: str
    order: tuple[int, ...]
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Made:
    """A random table: column titles, their kinds, rows by those kinds, the notation, and two exports."""

    titles: tuple[str, ...]
    kinds: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    notation: Notation
    exports: tuple[Export, Export]
    declared: bool


VALUES: dict[str, st.SearchStrategy[Any]] = {
    "code": st.text(string.digits, min_size=4, max_size=4).map(lambda text: "0" + text),
    "string": st.sampled_from(WORDS),
    "note": st.sampled_from(NOTES),
    "integer": st.integers(-99_999, 99_999),
    "big": st.integers(2**31, 2**53),
    "number": st.decimals(-9_999_999, 9_999_999, places=2),
    "rate": st.decimals(0, 1, places=4).map(lambda rate: rate if int(rate * 10_000) % 3 else round(rate, 2)),
    "moment": st.datetimes(MOMENTS[0], MOMENTS[1]).map(lambda when: when.replace(microsecond=0)),
    "date": st.dates(date(1950, 1, 1), date(2049, 12, 31)),
    "boolean": st.booleans(),
}


@st.composite
def notations(draw: st.DrawFn) -> Notation:
    marks = [(".", ""), (",", ""), (",", "."), (".", ","), (",", "\u00a0"), (".", "'")]
    decimal, group = draw(st.sampled_from(marks))
    booleans = draw(st.sampled_from([("true", "false"), ("yes", "no"), ("Y", "N")]))
    return Notation(draw(st.sampled_from(DATES)), decimal, group, booleans, draw(st.sampled_from(["", "NULL", r"\N"])))


@st.composite
def exports(draw: st.DrawFn, width: int, height: int, text: str) -> Export:
    encodings = [name for name in ("utf-8", "utf-8-sig", "utf-16", "cp1252") if _encodes(text, name)]
    return Export(
        draw(st.sampled_from([",", ";", "\t", "|"])),
        draw(st.sampled_from(QUOTING)),
        draw(st.sampled_from(["\n", "\r\n"])),
        draw(st.sampled_from(encodings)),
        tuple(draw(st.permutations(range(width)))),
        tuple(draw(st.permutations(range(height)))),
    )


def _encodes(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


@st.composite
def tables(draw: st.DrawFn) -> Made:
    """A code column first, then up to five of any kind; values may be missing everywhere else."""
    kinds = ("code", *draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=1, max_size=6)))
    titles = tuple(draw(st.permutations(TITLES)))[: len(kinds)]
    optional = [VALUES[kinds[0]], *(st.one_of(VALUES[kind], VALUES[kind], st.none()) for kind in kinds[1:])]
    rows = draw(st.lists(st.tuples(*optional), min_size=2, max_size=25, unique_by=lambda row: row[0]))
    text = "".join((*titles, *(cell for row in rows for cell in row if isinstance(cell, str))))
    both = (draw(exports(len(kinds), len(rows), text)), draw(exports(len(kinds), len(rows), text)))
    return Made(titles, kinds, tuple(rows), draw(notations()), both, draw(st.booleans()))


def written(value: Any, kind: str, notation: Notation) -> str:
    """One value as the notation writes it."""
    if value is None:
        return notation.missing
    if kind == "date":
        return str(value.strftime(notation.date))
    if kind == "moment":
        return str(value.strftime(f"{notation.date} %H:%M:%S"))
    if kind == "boolean":
        return notation.booleans[0] if value else notation.booleans[1]
    if kind in ("number", "rate"):
        return _number(value, notation)
    return str(value)


def _number(value: Decimal, notation: Notation) -> str:
    places = max(2, -int(value.as_tuple().exponent))
    grouped = f"{value:,.{places}f}" if notation.group else f"{value:.{places}f}"
    swapped = {",": notation.group, ".": notation.decimal}
    return "".join(swapped.get(letter, letter) for letter in grouped)


def export(made: Made, how: Export) -> bytes:
    """The table as one file's bytes."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=how.delimiter, quoting=how.quoting, lineterminator=how.line_end)
    writer.writerow([made.titles[at] for at in how.order])
    for row in (made.rows[at] for at in how.rows):
        writer.writerow([written(row[at], made.kinds[at], made.notation) for at in how.order])
    return buffer.getvalue().encode(how.encoding)


def contract(made: Made, table: str) -> str:
    """A person's declaration: the type and the notation of each column, and nothing about the file."""
    fields = [_field(title, kind, made.notation) for title, kind in zip(made.titles, made.kinds, strict=True)]
    schema = {"missingValues": sorted({"", made.notation.missing}), "fields": fields}
    return yaml.safe_dump({"name": table, "schema": schema}, allow_unicode=True)


def _field(title: str, kind: str, notation: Notation) -> dict[str, Any]:
    field: dict[str, Any] = {"name": title, "type": TYPES.get(kind, kind)}
    if kind == "moment":
        field["format"] = f"{notation.date} %H:%M:%S"
    if kind == "date":
        field["format"] = notation.date
    if kind in ("number", "rate"):
        field |= {"decimalChar": notation.decimal, **({"groupChar": notation.group} if notation.group else {})}
    if kind == "boolean":
        field |= {"trueValues": [notation.booleans[0]], "falseValues": [notation.booleans[1]]}
    return field


def live(site: Site, table: str) -> list[tuple[Any, ...]]:
    """The table's rows without the loads that they came from, in an order of their own."""
    columns = [f"[{name}]" for name in site.columns(table) if not name.startswith("ref_data_")]
    return sorted(site.rows(table, ", ".join(columns)), key=repr)


def plain(rows: Iterable[tuple[Any, ...]], kinds: Sequence[str]) -> list[list[str]]:
    """Rows as sorted texts that do not depend on how an engine returns numbers and truth values."""
    return sorted([_plain(value, kind) for value, kind in zip(row, kinds, strict=True)] for row in rows)


def _plain(value: Any, kind: str) -> str:
    if value is None:
        return ""
    if kind in ("number", "rate"):
        return f"{Decimal(str(value)):.4f}"
    if kind == "moment":
        return str(value)[:19]
    return str(int(value)) if kind == "boolean" else str(value)


def test_a_table_exported_again_loads_to_equal_values_without_a_question(make_site: Callable[..., Site]) -> None:
    site = make_site()
    seen: list[Made] = []

    @settings(
        max_examples=40 if site.database.is_sqlite else 12, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(tables())
    def check(made: Made) -> None:
        seen.append(made)
        _check(site, _name(len(seen)), made)

    check()


def _name(number: int) -> str:
    """A table name that resembles no other: letters only, far apart."""
    return "t" + "".join(string.ascii_lowercase[int(digit)] * 3 for digit in f"{number:04}")


def _check(site: Site, table: str, made: Made) -> None:
    if made.declared:
        folder = Path(site.deps.settings.contracts_folder)
        folder.mkdir(exist_ok=True)
        (folder / f"{table}.yaml").write_text(contract(made, table), encoding="utf-8")
    first, second = (export(made, how) for how in made.exports)
    row = site.load(site.drop(f"{table}.csv", first), f"{table} first")
    assert row.status is FileStatus.COMPLETED, row.error_message
    before, types = live(site, table), site.columns(table)
    if made.declared:
        order = made.exports[0].order
        kinds = [made.kinds[at] for at in order]
        assert plain(before, kinds) == plain([tuple(row[at] for at in order) for row in made.rows], kinds)
    row = site.load(site.drop(f"{table}.csv", second), f"{table} second")
    same = FileStatus.DUPLICATE if first == second else FileStatus.COMPLETED
    assert row.status is same, row.error_message
    assert (live(site, table), site.columns(table)) == (before, types)
