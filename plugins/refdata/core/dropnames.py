"""Which names a dropoff tree accepts, skips and refuses, and what archives call them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from datetime import UTC, datetime

from refdata.core.errors import DropoffError
from refdata.core.filetypes import CSV_ONLY, FILE_TYPES, ending, listed, types_of
from refdata.core.model import DROPPED_TYPES, LoadType

REFERENCE_FOLDER = "reference_data_table"
OTHER_FOLDER = "none_reference_data_table"
CLASS_FOLDERS = (REFERENCE_FOLDER, OTHER_FOLDER)
LOAD_FOLDERS = tuple(f"{kind}/{load.value}" for kind in CLASS_FOLDERS for load in DROPPED_TYPES)
OWN_PREFIX = ".refdata-"
"""Prefix of the names that refdata gives to files in transit; hidden, so that no scan picks them up."""
TASK_FOLDER = ".refdata-tasks"
"""Folder of the copies that tasks of other DAGs load, each in load folders of its own: no scan looks there."""
_TASK_PREFIX = re.compile(rf"{re.escape(TASK_FOLDER)}/[0-9a-f]{{20}}/")

_TURNING = frozenset(("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"))
"""Embeddings, overrides and isolates (https://www.unicode.org/reports/tr9/); no script's letters need them."""

MAX_NAME_UNITS = 255
"""UTF-16 code units of ``File_Monitor_Tracking.file_name``, an NVARCHAR(255)."""
MAX_NAME_BYTES = 255
"""Linux ``NAME_MAX``, https://man7.org/linux/man-pages/man3/pathconf.3.html"""

_PLAIN_MARKS = frozenset(" ._-+()")
_ARCHIVE_BYTES = len("ERROR_20241201_120000_.rejects.csv")
"""Room for what an archive adds to a name."""

# Office lock files (~$x.csv), and names that editors and browsers give to unfinished files.
_TEMPORARY = re.compile(r"^[.~].*|.*\.(?:tmp|temp|part|partial|filepart|crdownload|download)$", re.IGNORECASE)


def any_name(_: str) -> bool:
    """Every name is wanted."""
    return True


def is_candidate(name: str, types: Collection[str] = CSV_ONLY) -> bool:
    """Whether a name is to be loaded: it has the ending of an enabled type and is not hidden or temporary."""
    wanted = types_of(name)
    return bool(wanted) and wanted <= frozenset(types) and not is_temporary(name)


def is_temporary(name: str) -> bool:
    """Whether a name is that of a hidden or unfinished file."""
    return bool(_TEMPORARY.match(name) or _TEMPORARY.match(name.removesuffix(ending(name))))


def name_fault(name: str) -> str:
    """Why a candidate's name is refused, or ``""`` when it is accepted."""
    if name.isascii() and name.isprintable() and len(name) <= MAX_NAME_UNITS:
        return ""  # nearly every name, and each look checks the names of all files
    try:
        units = len(name.encode("utf-16-le")) // 2
    except UnicodeEncodeError:
        return "its name is not valid UTF-8"
    if any(unicodedata.category(char) in ("Cc", "Zl", "Zp") for char in name):
        return "its name contains a control character"
    if any(unicodedata.bidirectional(char) in _TURNING for char in name):
        return "its name contains a character that reverses text direction, so it displays as a different name"
    return f"its name is longer than {MAX_NAME_UNITS} characters" if units > MAX_NAME_UNITS else ""


def why_not(name: str, types: Collection[str]) -> str:
    """Why a file in a load folder is not loaded."""
    if is_temporary(name):
        return "its name is that of a hidden or unfinished file"
    if is_candidate(name, types):
        return name_fault(name)
    if is_candidate(name, FILE_TYPES):
        return f"files that end with {ending(name)} are not enabled here (setting file_types)"
    return f"its name does not end with {listed(types)}"


def safe_name(name: str) -> str:
    """A name for a file that a browser sent, which every file system accepts and which cannot leave its folder.

    Folders in front of it are left out; what is neither a letter, a digit nor a usual mark becomes an underscore.
    The ending stays, so a name of a type that is not loaded remains one.

    >>> safe_name("C:\\\\data\\\\Länder 2024.csv"), safe_name("../../etc/x;rm -rf.csv"), safe_name(".csv")
    ('Länder 2024.csv', 'x_rm -rf.csv', 'upload.csv')
    """
    last = re.split(r"[/\\]", name.encode("utf-8", "replace").decode("utf-8"))[-1]
    plain = "".join(char if _is_plain(char) else "_" for char in unicodedata.normalize("NFC", last))
    extension = ending(plain)
    stem = plain.removesuffix(extension).strip(" .~") or "upload"
    room = MAX_NAME_BYTES - _ARCHIVE_BYTES - len(extension)
    stem = _cut(stem, room).strip(" .~")
    return f"{stem.replace('.', '_') if is_temporary(stem) else stem}{extension}"


def _is_plain(char: str) -> bool:
    """Whether a character may stand in the name of an uploaded file."""
    return char in _PLAIN_MARKS or unicodedata.category(char)[0] in "LNM"


def load_folder_name(load_type: LoadType, is_reference_data: bool) -> str:
    """The load folder of such drops, relative to the dropoff root; the inverse of ``load_of``.

    >>> load_folder_name(LoadType.APPEND, True)
    'reference_data_table/append'
    """
    return f"{REFERENCE_FOLDER if is_reference_data else OTHER_FOLDER}/{load_type.value}"


def task_path(key: str, load_type: LoadType, is_reference_data: bool, name: str) -> str:
    """Where a task's copy is loaded from, relative to the dropoff root.

    :param key: 20 hexadecimal digits, the task's own.

    >>> task_path("0123456789abcdef0123", LoadType.APPEND, True, "rates.csv")
    '.refdata-tasks/0123456789abcdef0123/reference_data_table/append/rates.csv'
    """
    return f"{TASK_FOLDER}/{key}/{load_folder_name(load_type, is_reference_data)}/{name}"


def task_key(path: str) -> str:
    """The key of the task whose copy is at a path relative to the dropoff root; ``""`` for any other drop."""
    found = _TASK_PREFIX.match(path)
    return found[0].split("/")[1] if found else ""


def load_folder_at(path: str) -> str:
    """The folder of a drop without its task's own folders: where its archives are, and what decides how it is loaded.

    >>> load_folder_at(".refdata-tasks/0123456789abcdef0123/reference_data_table/append/rates.csv")
    'reference_data_table/append'
    """
    found = _TASK_PREFIX.match(path)
    return (path[found.end() :] if found else path).rpartition("/")[0]


def load_of(path: str, types: Collection[str] = FILE_TYPES) -> tuple[LoadType, bool]:
    """Load type and whether it is reference data, for a path relative to the dropoff root.

    :param types: the file types that are accepted.
    :raises DropoffError: when the path is not exactly one candidate name in one of the four load folders.
    """
    folder, name = load_folder_at(path), path.rpartition("/")[2]
    if folder not in LOAD_FOLDERS or not is_candidate(name, types) or name_fault(name):
        why = "it is not in a load folder" if folder not in LOAD_FOLDERS else why_not(name, types)
        raise DropoffError(
            f"It cannot be loaded: {why}",
            where=printable(path),
            advice=f"Drop a {listed(types)} file into one of {', '.join(LOAD_FOLDERS)}",
        )
    kind, _, load = folder.partition("/")
    return LoadType(load), kind == REFERENCE_FOLDER


def printable(text: str) -> str:
    """A name that can go into a log line, a message or JSON: unprintable characters become escapes."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def processed_name(name: str, moment: datetime, number: int = 1) -> str:
    """``20241201_120000_airports.csv``; the second file of that name is ``…_airports_2.csv``."""
    return _stamped(f"{_stamp(moment)}_", name, number)


def error_name(name: str, moment: datetime, number: int = 1) -> str:
    """``ERROR_20241201_120000_airports.csv``, numbered like ``processed_name``."""
    return _stamped(f"ERROR_{_stamp(moment)}_", name, number)


def unfinished(name: str) -> str:
    """The hidden name of a file until it is completely written; leftovers of a crash are swept by this name."""
    return f"{OWN_PREFIX}write-{name.removeprefix(OWN_PREFIX)}"


def beside(archived: str, suffix: str) -> str:
    """A name beside an archived file: ``…_airports.csv`` and ``error.json`` → ``…_airports.error.json``."""
    stem, extension = _split(archived)
    # The longest sidecar limits the stem, so that only ``_stamped`` cuts it.
    return f"{stem}.{suffix}" if extension else f"{archived}.{suffix}"


def _stamp(moment: datetime) -> str:
    # astimezone() treats a naive value as local time; the ledger's values are UTC.
    return (moment.astimezone(UTC) if moment.tzinfo else moment).strftime("%Y%m%d_%H%M%S")


_SIDECAR_BYTES = len(".rejects.csv")


def _stamped(prefix: str, name: str, number: int) -> str:
    stem, extension = _split(name)
    tail = f"_{number}" if number > 1 else ""
    room = MAX_NAME_BYTES - len(prefix) - len(tail) - max(_SIDECAR_BYTES, len(extension))
    return f"{prefix}{_cut(stem, room)}{tail}{extension}"


def _split(name: str) -> tuple[str, str]:
    extension = ending(name)
    return name.removesuffix(extension), extension


def _cut(stem: str, room: int) -> str:
    """A stem of at most ``room`` bytes: the middle is cut, beginning and end stay."""
    data = stem.encode("utf-8", "surrogateescape")
    if len(data) <= room:
        return stem
    mark = "~"
    head = (room - len(mark) + 1) // 2
    tail = room - len(mark) - head
    # Cutting may split a character; the fragments are dropped.
    return f"{data[:head].decode('utf-8', 'ignore')}{mark}{data[-tail:].decode('utf-8', 'ignore')}"
