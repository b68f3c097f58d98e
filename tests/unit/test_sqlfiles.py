"""Static statements: found by name, under the configured names, and complete for every engine."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import sqlglot

from refdata import sqlfiles
from refdata.core.errors import ConfigurationError
from refdata.core.settings import Settings
from refdata.sqlfiles import SqlFiles

PACKAGE = Path(sqlfiles.__file__).parent
DIALECTS = [name for name in ("sqlite", "mssql") if (sqlfiles.root() / name).is_dir()]
SQLGLOT = {"sqlite": "sqlite", "mssql": "tsql", "common": "tsql"}
FILES = sorted(sqlfiles.root().glob("*/*.sql"))
RENAMED = Settings(ref_schema="bkp", bkp_schema="ref", ledger_table="Reference_Data_Cfg", config_table="cfg")


def ids(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def test_a_statement_of_the_engine_comes_before_the_common_one() -> None:
    assert "AUTOINCREMENT" in SqlFiles("sqlite", Settings()).text("create_ledger")
    assert "status = 'duplicate'" in SqlFiles("sqlite", Settings()).text("mark_duplicate")


def test_default_names_leave_a_statement_as_a_person_would_run_it() -> None:
    path = sqlfiles.root() / "common" / "mark_duplicate.sql"
    assert SqlFiles("sqlite", Settings()).text("mark_duplicate") == path.read_text(encoding="utf-8")


def test_configured_names_replace_the_bracketed_words_once() -> None:
    text = SqlFiles("sqlite", RENAMED).text("mark_duplicate")
    assert "UPDATE [bkp].[Reference_Data_Cfg]" in text


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_renaming_leaves_no_default_name_behind(path: Path) -> None:
    settings = Settings(ref_schema="s1", bkp_schema="s2", ledger_table="t1", config_table="t2")
    dialect = "sqlite" if path.parent.name == "common" else path.parent.name
    text = SqlFiles(dialect, settings).text(path.stem)
    assert not re.search(r"\[(ref|bkp|File_Monitor_Tracking|Reference_Data_Cfg)\]", text)
    code = re.sub(r"--.*", "", text)
    assert not re.search(r"(?<![\w\[])(File_Monitor_Tracking|Reference_Data_Cfg)\b", code), "a name without brackets"


def test_a_missing_statement_says_where_it_was_looked_for() -> None:
    with pytest.raises(ConfigurationError, match=r"SQL file nothing_here\.sql is missing"):
        SqlFiles("sqlite", Settings()).text("nothing_here")


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_a_file_is_named_verb_object_and_says_its_purpose_parameters_and_result(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.fullmatch("[a-z]+(_[a-z]+)+", path.stem)
    assert all(f"{word}:" in text for word in ("-- Purpose", "Parameters", "Result"))


@pytest.mark.parametrize("path", FILES, ids=ids)
def test_a_statement_parses_in_its_dialect(path: Path) -> None:
    assert sqlglot.parse(path.read_text(encoding="utf-8"), read=SQLGLOT[path.parent.name])


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_engine_has_every_statement_that_the_package_asks_for(dialect: str) -> None:
    """Names in calls such as ``self._sql("insert_file")`` and ``warehouse.statement("mark_loaded")``."""
    call = re.compile(r"(?:_sql|statement|_run|_write)\(\s*(?:session,\s*)?\"([a-z_]+)\"")
    shared = [path for path in PACKAGE.rglob("*.py") if path.parent.name not in ("sqlite", "mssql", "odbc", "tsql")]
    asked = {name for path in shared for name in call.findall(path.read_text(encoding="utf-8"))}
    assert len(asked) > 15
    files = SqlFiles(dialect, Settings())
    assert all(files.text(name) for name in asked)


def test_no_statement_is_unused() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    assert [ids(path) for path in FILES if f'"{path.stem}"' not in code] == []
