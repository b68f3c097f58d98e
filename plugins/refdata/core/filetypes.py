"""The types of files that can be loaded, by the endings of their names; ``file_types`` enables them. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

TEXT_TYPES = ("csv", "tsv", "txt")
PACKED_TYPES = ("gz", "zst", "zip")
WORKBOOK_TYPES = ("xlsx", "xlsb", "ods")
FILE_TYPES = (*TEXT_TYPES, *PACKED_TYPES, *WORKBOOK_TYPES)
"""All types, as the setting names them."""

CSV_ONLY = frozenset(("csv",))

_TEXT, _PACKED, _BOOK = ("|".join(types) for types in (TEXT_TYPES, PACKED_TYPES, WORKBOOK_TYPES))
_ENDING = re.compile(rf"(?:\.(?:{_TEXT}|{_BOOK})|\.(?:{_TEXT})\.(?:{_PACKED})|\.zip)$", re.IGNORECASE)

_ONE = "|".join(FILE_TYPES)
TYPES_PATTERN = rf"\s*(?:{_ONE})(?:\s*,\s*(?:{_ONE}))*\s*"
"""The form of the setting: ``csv, xlsx``."""


def ending(name: str) -> str:
    """The part of a name that shows its type, as written; ``""`` where no type has such a name.

    >>> ending("rates.CSV.gz"), ending("rates.xlsx"), ending("rates.gz")
    ('.CSV.gz', '.xlsx', '')
    """
    found = _ENDING.search(name)
    return found.group() if found else ""


def types_of(name: str) -> frozenset[str]:
    """The types that must be enabled for a file of this name; empty where there is none.

    >>> sorted(types_of("rates.csv.gz")), sorted(types_of("rates.zip")), sorted(types_of("rates.pdf"))
    (['csv', 'gz'], ['zip'], [])
    """
    return _types_by_ending(ending(name).lower())


@lru_cache(maxsize=64)
def _types_by_ending(text: str) -> frozenset[str]:
    return frozenset(text.split(".")) - {""}


def enabled(setting: str) -> frozenset[str]:
    """The types that the setting lists.

    >>> sorted(enabled("csv, xlsx"))
    ['csv', 'xlsx']
    """
    return frozenset(part.strip() for part in setting.split(",")) - {""}


def listed(types: Collection[str]) -> str:
    """The endings of types, for messages.

    >>> listed(("csv", "xlsx", "gz"))
    '.csv, .csv.gz or .xlsx'
    """
    plain = [f".{one}" for one in FILE_TYPES if one in types and one not in ("gz", "zst")]
    packed = [f".{text}.{one}" for text in TEXT_TYPES if text in types for one in ("gz", "zst") if one in types]
    names = sorted((*plain, *packed), key=lambda name: FILE_TYPES.index(name.split(".")[1]))
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else "no file"
