"""Finds the static statements of ``include/sql`` and puts the configured names into them.

A file holds one statement or batch with the default names in brackets, so that a person can run it
by hand; other names from the settings replace exactly those bracketed words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from refdata.core.errors import ConfigurationError
from refdata.core.naming import quote
from refdata.core.settings import Settings

_PACKAGE = Path(__file__).resolve().parent
# In the wheel the files lie inside the package, in a project two levels above it.
_ROOTS = (_PACKAGE / "include" / "sql", _PACKAGE.parent.parent / "include" / "sql")
_REPLACEABLE = re.compile(r"\[(ref|bkp|File_Monitor_Tracking|Reference_Data_Cfg)\]")


@dataclass(frozen=True, slots=True)
class SqlFiles:
    """The statements of one engine, ``sqlite`` or ``mssql``, under the names of ``settings``."""

    dialect: str
    settings: Settings

    def text(self, name: str) -> str:
        """The statement in file ``name``.sql.

        :raises ConfigurationError: when there is no such file.
        """
        return _REPLACEABLE.sub(self._configured, _read(self.dialect, name))

    def _configured(self, match: re.Match[str]) -> str:
        names = {
            "ref": self.settings.ref_schema,
            "bkp": self.settings.bkp_schema,
            "File_Monitor_Tracking": self.settings.ledger_table,
            "Reference_Data_Cfg": self.settings.config_table,
        }
        return quote(names[match[1]])


@cache
def _read(dialect: str, name: str) -> str:
    for folder in (dialect, "common"):
        path = root() / folder / f"{name}.sql"
        if path.is_file():
            return path.read_text(encoding="utf-8")
    raise ConfigurationError(
        f"SQL file {name}.sql is missing", where=str(root()), advice="Install the package again; it ships these files."
    )


def root() -> Path:
    """The folder ``include/sql``, wherever the package runs from."""
    return next((folder for folder in _ROOTS if folder.is_dir()), _ROOTS[-1])
