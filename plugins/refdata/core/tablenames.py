"""Names of tables, from the names of files. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from refdata.core.dropnames import safe_name
from refdata.core.filetypes import ending
from refdata.core.naming import MAX_NAME, digest_of, fold_name, identifier_of, normalised, shortened

# SQLite refuses sqlite_; sp_ and refdata_ would look like procedures and refdata's own tables.
_RESERVED_TABLE = re.compile(r"file_monitor_tracking|reference_data_cfg|(?:refdata|sqlite|sp)_.*")
# Tables that refdata creates beside a table: stages, and SQLite's copy during a widening, which it drops first.
_RESERVED_ENDING = re.compile(r".*_rebuild|.*_stage_\d+_\d+")

_GAP = r"[\s_.,~+()\[\]\u2010-\u2015-]"
_YEAR, _MONTH, _DAY, _JOINT = "(?:19|20)[0-9]{2}", "(?:0[1-9]|1[0-2])", "(?:0[1-9]|[12][0-9]|3[01])", "[-_.]"
_DATE = rf"{_YEAR}{_JOINT}?{_MONTH}{_JOINT}?{_DAY}"
_DATE_SUFFIX = re.compile(
    rf"{_GAP}+(?:{_YEAR}|{_YEAR}{_JOINT}?{_MONTH}|{_DATE}|{_DAY}{_JOINT}{_MONTH}{_JOINT}{_YEAR}"
    rf"|{_MONTH}{_JOINT}{_DAY}{_JOINT}{_YEAR})[)\]]?$"
)
_TIME_SUFFIX = re.compile(
    rf"({_GAP}+{_DATE})(?:t|{_GAP})?(?:[01][0-9]|2[0-3])[-_.:]?[0-5][0-9](?:[-_.:]?[0-5][0-9])?z?[)\]]?$"
)

_ALTERED = re.compile(r"^(?:n|data|file)_|_data$")
"""Tables whose name need not begin as their file's does."""
_SIGNS = bytes(code for code in range(128) if not chr(code).isalnum())


def table_name(file_name: str, *, reserved: Sequence[str] = ()) -> str:
    """The table that a file loads: ``airports_20241201.csv`` → ``airports``.

    A date at the end is removed (``2024``, ``202412``, ``20241201``, ``2024-12-01``, ``01-12-2024``, with or
    without a time of day); a file named by a date alone keeps it. A name that would be empty becomes
    ``file_`` and a hash of the original, so that two such files stay two tables. A reserved name
    gets the prefix ``data_``, or the suffix ``_data`` where its ending is reserved.

    :param reserved: further names that no table may have, such as the ledger's.
    """
    stem = normalised(file_name)
    stem = stem.removesuffix(ending(stem))
    undated = _DATE_SUFFIX.sub("", _TIME_SUFFIX.sub(r"\1", stem))
    return _unreserved(identifier_of(undated or stem) or f"file_{digest_of(undated or stem)}", reserved)


def may_lead_to(file_name: str, table: str) -> bool:
    """Whether ``table_name`` may give a file this table, for a hundredth of the time: a no is certain.

    >>> may_lead_to("Air-ports 2024.csv", "air_ports"), may_lead_to("rates.csv", "air_ports")
    (True, False)
    """
    if not file_name.isascii() or _ALTERED.search(table) or len(table) >= MAX_NAME - len("data_"):
        return True
    written = file_name.lower().encode("ascii").translate(None, _SIGNS)
    return written.startswith(table.replace("_", "").encode())


def name_for(name: str, table: str, *, reserved: Sequence[str] = ()) -> str:
    """A safe name for a file that leads to the table, ``""`` where none does; the file's own name if it does.

    >>> name_for("export (3).csv", "airports"), name_for("airports_2024.csv", "airports"), name_for("x.csv", "sp_x")
    ('airports.csv', 'airports_2024.csv', '')
    """
    safe = safe_name(name)
    if not table or table_name(safe, reserved=reserved) == table:
        return safe
    routed = safe_name(f"{table}{ending(safe)}")
    return routed if table_name(routed, reserved=reserved) == table else ""


def _unreserved(name: str, reserved: Sequence[str]) -> str:
    if name in {fold_name(word) for word in reserved} or _RESERVED_TABLE.fullmatch(name):
        name = shortened(f"data_{name}")
    return f"{shortened(name, MAX_NAME - len('_data'))}_data" if _RESERVED_ENDING.fullmatch(name) else name
