"""Names of tables, columns and related objects, derived from what a person typed.

The rules are the design's: lower case, runs of other characters become one underscore, trimmed, no
leading digit, at most 100 characters. Letters of all scripts are kept, because SQL Server's quoted
identifiers allow them; case folds through Unicode NFKC, so two spellings that look alike become one.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

MAX_NAME = 100
"""SQL Server allows 128 characters (sysname); the suffixes that refdata adds take up to 28.
https://learn.microsoft.com/sql/relational-databases/databases/database-identifiers"""

LINEAGE_COLUMNS = ("ref_data_loadtime", "ref_data_loadtype", "ref_data_load_id")
VERSION_COLUMN = "ref_data_version_id"
_RESERVED_COLUMNS = frozenset((*LINEAGE_COLUMNS, VERSION_COLUMN))


def fold_name(name: str) -> str:
    """The form in which names compare: SQL Server's collations mostly ignore case, and treat ``ß`` as ``ss``."""
    return name.casefold()


def typed_table(name: str) -> str:
    """A table's name as the ledger stores it, from what a person typed: ``Airports`` → ``airports``.

    Table names are made this way (see ``tablenames``); ``fold_name`` only compares: it makes ``strasse`` of ``straße``.
    """
    return normalised(name)


def column_names(header: Sequence[str]) -> tuple[str, ...]:
    """Database names for a header: blanks become ``column_<n>``, duplicates are numbered.

    A name that refdata itself uses (such as ``ref_data_loadtime``) gets the prefix ``source_``.
    """
    wanted = [_column(text, position) for position, text in enumerate(header, start=1)]
    taken = {fold_name(name) for name in wanted}
    seen: Counter[str] = Counter()
    names = []
    for name in wanted:
        key = fold_name(name)
        names.append(_numbered(name, taken, seen) if seen[key] else name)
        seen[key] += 1
    return tuple(names)


def _column(text: str, position: int) -> str:
    name = identifier_of(normalised(text)) or f"column_{position}"
    return f"source_{name}" if name in _RESERVED_COLUMNS else name


def is_renamed_lineage(name: str) -> bool:
    """Whether a column's name is that of one of refdata's own columns in a file.

    >>> is_renamed_lineage("source_ref_data_loadtime"), is_renamed_lineage("source")
    (True, False)
    """
    return name.removeprefix("source_") in _RESERVED_COLUMNS


def _numbered(name: str, taken: set[str], seen: Counter[str]) -> str:
    """The next free number; ``seen`` remembers it, so that many duplicates need no repeated search."""
    key = fold_name(name)
    while True:
        candidate = f"{shortened(name, MAX_NAME - 7)}_{seen[key] + 1}"
        if fold_name(candidate) not in taken:
            taken.add(fold_name(candidate))
            return candidate
        seen[key] += 1


def normalised(text: str) -> str:
    """Lower case, with spellings that look alike made one."""
    # Lower case of the Turkish capital "İ" is "i" and a combining dot, which is hard to type in a query.
    return unicodedata.normalize("NFKC", text).lower().replace("i\u0307", "i")


def identifier_of(text: str) -> str:
    """Letters, digits and underscores of a folded text; ``""`` when nothing is left."""
    cleaned = "".join(char if _is_word(char) else "_" for char in unicodedata.normalize("NFKC", text))
    name = re.sub(r"_+", "_", cleaned).strip("_")
    if name and not (name[0].isalpha()):
        name = f"n_{name}"
    return shortened(name)


def _is_word(char: str) -> bool:
    # Combining marks belong to their letter in Indic and Arabic scripts. Characters beyond the basic
    # plane take two code units in sysname and are compared wrongly by old collations: left out.
    return ord(char) < 0x10000 and (char.isalnum() or unicodedata.category(char) in ("Mn", "Mc")) and char.isprintable()


def shortened(name: str, most: int = MAX_NAME) -> str:
    """At most ``most`` characters; a cut name ends in a hash, so that two long names stay distinct."""
    if len(name) <= most:
        return name
    return f"{name[: most - 9].rstrip('_')}_{digest_of(name)}"


def digest_of(text: str) -> str:
    """Eight hex digits that distinguish texts."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def backup_name(table: str) -> str:
    """The table in schema ``bkp`` with a table's kept versions."""
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

    SQLite has no escape for ``]`` in brackets; names made here never contain one.
    """
    return "[" + identifier.replace("]", "]]") + "]"


def like_pattern(text: str) -> str:
    r"""The LIKE pattern (with ESCAPE '\\') of values that contain a text.

    >>> like_pattern("50%_[a]")
    '%50\\%\\_\\[a]%'
    """
    escaped = re.sub(r"([\\%_\[])", r"\\\1", text)
    return f"%{escaped}%"
