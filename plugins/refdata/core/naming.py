"""Names of tables, columns and what belongs to them, derived from what a person typed.

The rules are the design's: lower case, runs of other characters become one underscore, trimmed, no
leading digit, at most 100 characters. Letters of all scripts are kept, since SQL Server's quoted
identifiers hold them; case folds through Unicode NFKC, so two spellings that look alike meet.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence

MAX_NAME = 100
"""SQL Server allows 128 characters (sysname); the suffixes that refdata adds take up to 28.
https://learn.microsoft.com/sql/relational-databases/databases/database-identifiers"""

LINEAGE_COLUMNS = ("ref_data_loadtime", "ref_data_loadtype", "ref_data_load_id")
VERSION_COLUMN = "ref_data_version_id"
_RESERVED_COLUMNS = frozenset((*LINEAGE_COLUMNS, VERSION_COLUMN))
_RESERVED_TABLE = re.compile(r"file_monitor_tracking|reference_data_cfg|refdata_.*|sqlite_.*|sp_.*")
_DATE_SUFFIX = re.compile(r"[\W_]+(?:(?:19|20)\d{2}(?:[-_.]?(?:0[1-9]|1[0-2])(?:[-_.]?(?:0[1-9]|[12]\d|3[01]))?)?)$")
_TIME_SUFFIX = re.compile(
    r"([\W_]+(?:19|20)\d{2}[-_.]?(?:0[1-9]|1[0-2])[-_.]?(?:0[1-9]|[12]\d|3[01]))[tT\W_]?[0-2]\d[-_.]?[0-5]\d(?:[-_.]?[0-5]\d)?$"
)


def table_name(file_name: str, *, reserved: Sequence[str] = ()) -> str:
    """The table that a file loads: ``airports_20241201.csv`` → ``airports``.

    A date at the end goes (``2024``, ``202412``, ``20241201``, ``2024-12-01``, with or without a time
    of day). A name that comes out empty becomes ``file_`` and a hash of what was written, so that two
    such files stay two tables. A reserved one gets the prefix ``data_``, one that looks like a stage table
    the suffix ``_data``.
    """
    stem = re.sub(r"\.csv$", "", _fold(file_name), flags=re.IGNORECASE)
    undated = _DATE_SUFFIX.sub("", _TIME_SUFFIX.sub(r"\1", stem))
    name = _identifier(undated) or _identifier(stem) or f"file_{_digest(stem)}"
    taken = {word.lower() for word in reserved}
    if parse_stage_name(name):
        return _shorten(f"{name}_data")
    return _shorten(f"data_{name}") if name in taken or _RESERVED_TABLE.fullmatch(name) else name


def column_names(header: Sequence[str]) -> tuple[str, ...]:
    """Database names for a header: blanks become ``column_<n>``, duplicates are numbered.

    A name that refdata itself uses (``ref_data_loadtime`` and the like) gets the prefix ``source_``.
    """
    wanted = [_column(text, position) for position, text in enumerate(header, start=1)]
    # Collations fold more than case ("ß" equals "ss" in most), so names must differ after casefold too.
    taken = {name.casefold() for name in wanted}
    seen: set[str] = set()
    names = []
    for name in wanted:
        unique = name if name.casefold() not in seen else _numbered(name, taken | seen)
        seen.add(unique.casefold())
        names.append(unique)
    return tuple(names)


def _column(text: str, position: int) -> str:
    name = _identifier(_fold(text)) or f"column_{position}"
    return f"source_{name}" if name in _RESERVED_COLUMNS else name


def _numbered(name: str, taken: set[str]) -> str:
    number = 2
    while (candidate := f"{_shorten(name, MAX_NAME - 6)}_{number}").casefold() in taken:
        number += 1
    return candidate


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()


def _identifier(text: str) -> str:
    """Letters, digits and underscores of a folded text; ``""`` when nothing is left."""
    cleaned = "".join(char if _is_word(char) else "_" for char in unicodedata.normalize("NFKC", text))
    name = re.sub(r"_+", "_", cleaned).strip("_")
    if name and not (name[0].isalpha()):
        name = f"n_{name}"
    return _shorten(name)


def _is_word(char: str) -> bool:
    # Combining marks belong to their letter in Indic and Arabic scripts. Characters beyond the basic
    # plane take two code units in sysname and are compared wrongly by old collations: left out.
    return ord(char) < 0x10000 and (char.isalnum() or unicodedata.category(char) in ("Mn", "Mc")) and char.isprintable()


def _shorten(name: str, most: int = MAX_NAME) -> str:
    """At most ``most`` characters; a cut name ends in a hash, so that two long names stay two."""
    if len(name) <= most:
        return name
    return f"{name[: most - 9].rstrip('_')}_{_digest(name)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def backup_name(table: str) -> str:
    """The table in schema ``bkp`` that keeps a table's versions."""
    return f"{table}_backup"


def stage_name(table: str, load_id: int, attempt: int) -> str:
    """The stage table of one attempt alone."""
    return f"{table}_stage_{load_id}_{attempt}"


_STAGE = re.compile(r"(?P<table>.+)_stage_(?P<load_id>\d+)_(?P<attempt>\d+)")


def parse_stage_name(name: str) -> tuple[str, int, int] | None:
    """Table, load id and attempt of a stage table's name, or None."""
    match = _STAGE.fullmatch(name)
    return (match["table"], int(match["load_id"]), int(match["attempt"])) if match else None


def quote(identifier: str) -> str:
    """An identifier in brackets, as T-SQL and SQLite both read it.

    SQLite knows no escape for ``]`` in brackets; names made here never hold one.
    """
    return "[" + identifier.replace("]", "]]") + "]"
