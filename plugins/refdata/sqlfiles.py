"""Finds the static statements of ``include/sql`` and puts the configured names into them.

A file contains one statement or batch with the default names in brackets, so that a person can run it
by hand; other names from the settings replace exactly those bracketed words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from refdata.core.errors import ConfigurationError
from refdata.core.model import LOAD_COLUMNS
from refdata.core.naming import quote
from refdata.core.settings import Settings

_PACKAGE = Path(__file__).resolve().parent
# In the wheel the files are inside the package, in a project two levels above it.
_ROOTS = (_PACKAGE / "include" / "sql", _PACKAGE.parent.parent / "include" / "sql")
_REPLACEABLE = re.compile(
    r"\[(ref|bkp|ref_stage|File_Monitor_Tracking|Reference_Data_Cfg|refdata|ingest_user|refdata_ingest)\]"
)

# A person who runs the file by hand gets all columns; the software lists those that it reads.
_ALL_OF_A_LOAD = "/* load columns */ *"
_LOAD_COLUMNS = ", ".join(LOAD_COLUMNS)

# Names also occur in literals (OBJECT_ID(N'[ref].[x]')), where a quote would end them.
_PLAIN = re.compile(r"[\w.@\\-]+")


def stage_schema(settings: Settings) -> str:
    """The schema of the stage tables on SQL Server."""
    return settings.stage_schema or f"{settings.ref_schema}_stage"


@dataclass(frozen=True, slots=True)
class SqlFiles:
    """The statements of one engine, ``sqlite`` or ``mssql``, under the names of ``settings``."""

    dialect: str
    settings: Settings

    def text(self, name: str, names: Mapping[str, str] | None = None) -> str:
        """The statement in file ``name``.sql.

        :param names: what replaces ``refdata`` (the database), ``ingest_user`` or ``refdata_ingest``.
        :raises ConfigurationError: when there is no such file, or a name contains a character that is not plain.
        """
        chosen = {**self._configured(), **(names or {})}
        for new in (names or {}).values():
            if not _PLAIN.fullmatch(new):
                raise ConfigurationError(
                    f"{new!r} is not a plain name", where=name, advice="Use letters, digits and . _ @ \\ - only."
                )
        text = _read(self.dialect, name).replace(_ALL_OF_A_LOAD, _LOAD_COLUMNS)
        return _REPLACEABLE.sub(lambda match: quote(chosen.get(match[1], match[1])), text)

    def _configured(self) -> dict[str, str]:
        return {
            "ref": self.settings.ref_schema,
            "bkp": self.settings.bkp_schema,
            "ref_stage": stage_schema(self.settings),
            "File_Monitor_Tracking": self.settings.ledger_table,
            "Reference_Data_Cfg": self.settings.config_table,
        }


@cache
def _read(dialect: str, name: str) -> str:
    for folder in (dialect, "common"):
        path = root() / folder / f"{name}.sql"
        if path.is_file():
            return path.read_text(encoding="utf-8")
    raise ConfigurationError(
        f"SQL file {name}.sql is missing", where=str(root()), advice="Reinstall the package; it contains these files."
    )


def root() -> Path:
    """The folder ``include/sql``, wherever the package runs from."""
    return next((folder for folder in _ROOTS if folder.is_dir()), _ROOTS[-1])
