"""Who answers for each table, as its contract says."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from refdata.contracts.files import contract_files, folder_of, read_text
from refdata.contracts.reading import read_contract
from refdata.core.errors import ConfigurationError
from refdata.core.naming import fold_name
from refdata.core.settings import Settings


def stewards(settings: Settings) -> Mapping[str, str]:
    """The steward of each table whose contract names one, by the table's folded name.

    A contract that cannot be read is left out: its table is shown without a steward, and its loads say what is wrong.
    """
    found = {}
    for path in _files(settings):
        try:
            status = path.stat()
            found[fold_name(path.stem)] = _steward(path, status.st_mtime_ns, status.st_size)
        except (ConfigurationError, OSError):
            continue
    return {table: steward for table, steward in found.items() if steward}


def _files(settings: Settings) -> list[Path]:
    try:
        return contract_files(folder_of(settings))
    except ConfigurationError:
        return []


@lru_cache(maxsize=4096)
def _steward(path: Path, mtime_ns: int, size: int) -> str:  # noqa: ARG001  a changed file is read again
    """Parsing hundreds of contracts takes seconds, and the page asks whenever something happens."""
    return read_contract(read_text(path), path.stem, str(path)).steward or ""
