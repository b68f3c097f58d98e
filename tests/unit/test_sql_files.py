"""Every file of ``include/sql`` is a statement of its dialect, says what it is, and is used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from refdata import sqlfiles
from refdata.core.errors import ConfigurationError
from refdata.core.settings import Settings
from refdata.sqlfiles import SqlFiles
from refdata.warehouse.tsql.scripts import GRANT_SCRIPTS, INIT_SCRIPTS, PROCEDURES

ROOT = sqlfiles.root()
FILES = sorted(ROOT.glob("*/*.sql"))
DIALECTS = {"common": ("tsql", "sqlite"), "mssql": ("tsql",), "sqlite": ("sqlite",)}
PARSES = [(path, dialect) for path in FILES for dialect in DIALECTS[path.parent.name]]
UNKNOWN_TO_SQLGLOT = re.compile(
    "acquire_(?:shared_)?lock|add_role_member|create_login|create_procedure_release_turn|create_role|create_user|grant_.*"
)
_MARKS = re.compile(r"--[^\n]*|'[^']*'|(\?)")
_VERBS = (
    "add|begin|claim|count|create|drop|grant|hand_back|insert|mark|note|record|release|rename|resume|select|summarise|update"
    "|move|acquire|clear|restore|forget|delete|replace|set|touch|withdraw|reopen|cancel"
)


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize(("path", "dialect"), PARSES, ids=[f"{name_of(path)} as {dialect}" for path, dialect in PARSES])
def test_a_file_is_a_statement_of_its_dialect(path: Path, dialect: str) -> None:
    parsed = [one for one in sqlglot.parse(path.read_text(encoding="utf-8"), dialect=dialect) if one is not None]
    assert parsed
    # sqlglot takes what it does not know as a Command, which proves nothing; the live tests run those.
    unknown = any(list(statement.find_all(exp.Command)) for statement in parsed)
    assert unknown == bool(UNKNOWN_TO_SQLGLOT.fullmatch(path.stem))


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_header_says_purpose_parameters_and_result(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    header = re.match(r"(?:--[^\n]*\n)+", text)
    assert header
    assert header[0].startswith("-- Purpose: ")
    assert "-- Parameters: " in header[0]
    assert "Result: " in header[0]
    marks = sum(mark[1] is not None for mark in _MARKS.finditer(text))
    stated = "-- Parameters: none" not in header[0]
    assert stated == bool(marks)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_name_is_verb_and_object(path: Path) -> None:
    assert re.fullmatch(rf"({_VERBS})_[a-z_]+", path.stem)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_is_used_by_the_software(path: Path) -> None:
    package = Path(sqlfiles.__file__).parent
    used = any(f'"{path.stem}"' in module.read_text(encoding="utf-8") for module in package.rglob("*.py"))
    assert used, f"nothing mentions {path.stem}"


def test_the_order_for_a_person_is_the_order_of_the_software() -> None:
    listed = re.findall(r"^\d+\. `(\w+)\.sql`$", (ROOT / "mssql" / "README.md").read_text(), re.MULTILINE)
    pairs = [script for scripts in PROCEDURES.values() for script in scripts]
    assert listed == ["create_database", "create_login", *INIT_SCRIPTS, *pairs, *GRANT_SCRIPTS]


def test_names_of_the_settings_replace_the_bracketed_defaults_alone() -> None:
    files = SqlFiles("mssql", Settings(ref_schema="stamm", ledger_table="Journal"))
    text = files.text("create_ledger_index_status")
    assert "[stamm].[Journal]" in text
    assert "[ref]" not in text
    assert "IX_File_Monitor_Tracking_status" in text


@pytest.mark.parametrize("name", ["x] TO public--", "o'brien", "", "a b"])
def test_a_name_that_could_break_out_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match="not a plain name"):
        SqlFiles("mssql", Settings()).text("create_user", {"ingest_user": name})


def test_a_file_that_is_not_there_is_a_configuration_error() -> None:
    with pytest.raises(ConfigurationError, match="is missing"):
        SqlFiles("mssql", Settings()).text("drop_everything")
