"""Airflow's configuration and the embedded engine's connection, read without Airflow.

Importing Airflow takes ten times as long as most commands. Here are its own answers for the plain cases: options in the
environment and in ``airflow.cfg``, a connection in the environment or in Airflow's own SQLite database. Where anything
else could have a say (a secrets backend, a command, local settings), only Airflow knows, and is asked.
``tests/integration/test_plain_airflow.py`` compares both.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import re
import sqlite3
import sys
from configparser import ConfigParser, Error
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote

from refdata.core.addresses import is_address
from refdata.core.settings import SECTION, Settings

_ELSEWHERE = ("_cmd", "_secret")
"""Endings of options that say where Airflow finds a value."""
_LOCAL_SETTINGS = "airflow_local_settings"


class _Parser(ConfigParser):
    """Airflow's names are case-sensitive."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


class OnlyAirflowKnowsError(Exception):
    """The answer may depend on something that only Airflow reads; its import gives the answer."""


def is_loaded() -> bool:
    """Whether this process has Airflow, which then answers everything itself."""
    return "airflow" in sys.modules


def suffices(conn_type: str) -> bool:
    """Whether settings, folders and a connection of this type need no Airflow in this process."""
    if is_loaded():
        return False
    with contextlib.suppress(OnlyAirflowKnowsError):
        written = options(SECTION)
        file_of(written.get("conn_id", Settings().conn_id).strip(), conn_type)
        return not is_address(written.get("dropoff_root", ""))
    return False


def options(section: str) -> dict[str, str]:
    """The options of a section that somebody wrote, in the environment or in ``airflow.cfg``; by name in small letters.

    :raises OnlyAirflowKnowsError: where a command or a secrets backend may give one.
    """
    prefix, parser = _variable(section, ""), _file()
    variables = [name for name in os.environ if name.startswith(prefix)]
    named = {name.removeprefix(prefix).lower() for name in variables}
    named |= set(parser.options(section)) if parser.has_section(section) else set()
    if any(name.endswith(_ELSEWHERE) for name in named) or any(name != name.upper() for name in variables):
        raise OnlyAirflowKnowsError(section)
    return {name: _option(section, name) for name in named}


def _option(section: str, name: str, default: str = "") -> str:
    """One option; Airflow expands variables in its value until nothing changes."""
    parser, variable = _file(), _variable(section, name)
    elsewhere = [variable + end.upper() in os.environ or parser.has_option(section, name + end) for end in _ELSEWHERE]
    if any(elsewhere):
        raise OnlyAirflowKnowsError(variable)
    try:
        written = os.environ.get(variable)
        return _expanded(parser.get(section, name, fallback=default) if written is None else written)
    except Error as error:
        raise OnlyAirflowKnowsError(variable) from error


def _variable(section: str, name: str) -> str:
    return f"AIRFLOW__{section.upper()}__{name.upper()}"


def file_of(conn_id: str, conn_type: str) -> str | None:
    """The file that a connection of this type states and nothing else, or None where no connection has that name.

    :raises OnlyAirflowKnowsError: where the connection has another type, or may come from elsewhere.
    """
    # Only in such a process does Airflow look into its own database; `refdata.cli` makes it one.
    if os.environ.get("_AIRFLOW_PROCESS_CONTEXT") != "server":
        raise OnlyAirflowKnowsError(conn_id)
    _require_no_backend()
    if text := os.environ.get(f"AIRFLOW_CONN_{conn_id.upper()}"):
        return _in_text(text.strip(), conn_type)
    return _in_database(conn_id, conn_type)


def _require_no_backend() -> None:
    named = _option("secrets", "backend") or _option("workers", "secrets_backend")
    if named or _is_on("core", "multi_team"):
        raise OnlyAirflowKnowsError("secrets")


def _is_on(section: str, name: str) -> bool:
    return _option(section, name, "false").strip().lower() not in ("false", "f", "0")


def _in_text(text: str, conn_type: str) -> str:
    """The file that a connection in the environment names, as JSON or as a URI in Airflow's own form."""
    if not text.startswith("{"):
        matched = re.fullmatch(rf"{re.escape(conn_type)}://(%2F[^/?#@:]*)/?", text, re.IGNORECASE)
        return _plain(unquote(matched[1]) if matched else None)
    try:
        fields = json.loads(text)
    except ValueError:
        raise OnlyAirflowKnowsError("JSON") from None
    return _of_fields(fields, conn_type)


def _in_database(conn_id: str, conn_type: str) -> str | None:
    address = _option("database", "sql_alchemy_conn", f"sqlite:///{_home()}/airflow.db")
    matched = re.fullmatch(r"sqlite:///(/[^?#%]+)", address)
    if matched is None or _option("core", "sql_alchemy_conn"):  # where it was in Airflow 1
        raise OnlyAirflowKnowsError("database")
    if not Path(matched[1]).exists():
        return None
    row = _row(matched[1], conn_id)
    return _of_fields(row, conn_type) if row else None


def _row(path: str, conn_id: str) -> dict[str, object] | None:
    sql = "SELECT conn_type, host, login, password, schema, port, extra, team_name FROM connection WHERE conn_id = ?"
    try:
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'connection'").fetchone():
                return None  # nobody has run `airflow db migrate`
            cursor = database.execute(sql, (conn_id,))
            names, row = [column[0] for column in cursor.description], cursor.fetchone()
    except sqlite3.Error as error:
        raise OnlyAirflowKnowsError(str(error)) from error
    return dict(zip(names, row, strict=True)) if row else None


def _of_fields(fields: object, conn_type: str) -> str:
    """The file, if the connection states nothing else."""
    if not isinstance(fields, dict):
        raise OnlyAirflowKnowsError("JSON")
    filled = {name: value for name, value in fields.items() if value not in (None, "", {}, "{}")}
    if filled.pop("conn_type", "") != conn_type or filled.keys() - {"host", "description"}:
        raise OnlyAirflowKnowsError("type")
    return _plain(filled.get("host"))


def _plain(host: object) -> str:
    """An absolute path without anything that means something in a URI."""
    if not isinstance(host, str) or not re.fullmatch(r"(/[\w .,=+~-]+)+", host):
        raise OnlyAirflowKnowsError("host")
    return host


def _home() -> str:
    return _expanded(os.environ.get("AIRFLOW_HOME", "~/airflow"))


def _file() -> ConfigParser:
    """``airflow.cfg``, or nothing where there is none.

    :raises OnlyAirflowKnowsError: where it cannot be read, or local settings may change what it says.
    """
    home = _home()
    if "AIRFLOW__CORE__UNIT_TEST_MODE" in os.environ:
        raise OnlyAirflowKnowsError("unit_test_mode")
    return _parsed(home, _expanded(os.environ.get("AIRFLOW_CONFIG", f"{home}/airflow.cfg")))


@lru_cache(maxsize=1)
def _parsed(home: str, path: str) -> ConfigParser:
    parser = _Parser()
    try:
        parser.read(path)
        testing = parser.get("core", "unit_test_mode", fallback="false").lower() != "false"
    except (Error, OSError, UnicodeDecodeError) as error:
        raise OnlyAirflowKnowsError(path) from error
    if testing or parser.has_option("core", "airflow_home") or _has_local_settings(home):
        raise OnlyAirflowKnowsError(path)
    return parser


def forget() -> None:
    """Reads ``airflow.cfg`` again at the next call."""
    _parsed.cache_clear()


def _has_local_settings(home: str) -> bool:
    if importlib.util.find_spec(_LOCAL_SETTINGS):
        return True
    return any(Path(home, folder, f"{_LOCAL_SETTINGS}.py").exists() for folder in ("config", "plugins"))


def _expanded(text: str) -> str:
    """As Airflow expands variables and ``~``: until nothing changes."""
    while (expanded := os.path.expanduser(os.path.expandvars(text))) != text:  # noqa: PTH111
        text = expanded
    return text
