"""A machine without ODBC's library: everything else works, and what needs it says what to install."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import refdata
from refdata.core.errors import ConfigurationError
from refdata.core.settings import Settings
from refdata.warehouse.connect import open_warehouse
from refdata.warehouse.odbc.library import ADVICE

PACKAGE = Path(refdata.__file__).parent
LOADER = "libodbc.so.2: cannot open shared object file: No such file or directory"
IMPORT_ALL = """
import importlib, pkgutil, sys
import refdata
names = [one.name for one in pkgutil.walk_packages(refdata.__path__, "refdata.", onerror=lambda name: None)]
for name in names:
    if name not in ("refdata.warehouse.odbc.hook", "refdata.warehouse.odbc.driver", "refdata.warehouse.odbc.fast",
                    "refdata.warehouse.odbc.engine"):
        importlib.import_module(name)
from refdata.hooks.odbc import RefdataOdbcHook
print(len(names))
print(*RefdataOdbcHook("refdata_odbc_tried").test_connection())
try:
    RefdataOdbcHook("refdata_odbc_tried").get_conn()
except Exception as error:
    print(type(error).__name__, error)
"""


@pytest.fixture
def without_odbc(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if pyodbc could not be imported."""
    monkeypatch.setitem(sys.modules, "pyodbc", None)


@pytest.mark.parametrize("conn_type", ["odbc", "refdata_odbc"])
def test_an_odbc_connection_says_what_to_install(
    conn_type: str, without_odbc: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_TRIED", json.dumps({"conn_type": conn_type, "host": "sql01", "schema": "db"}))
    with pytest.raises(ConfigurationError) as refused:
        open_warehouse(Settings(conn_id="tried"))
    assert refused.value.where == "Airflow connection tried"
    assert refused.value.advice == ADVICE
    assert "apt-get install unixodbc" in str(refused.value)


def test_every_module_but_the_odbc_engine_can_be_imported(tmp_path: Path) -> None:
    (tmp_path / "pyodbc.py").write_text(f"raise ImportError({LOADER!r})\n")
    connection = json.dumps({"conn_type": "refdata_odbc", "host": "sql01", "schema": "db"})
    env = {
        **os.environ,
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW_CONN_REFDATA_ODBC_TRIED": connection,
        "PYTHONPATH": os.pathsep.join((str(tmp_path), str(PACKAGE.parent))),
    }
    done = subprocess.run([sys.executable, "-c", IMPORT_ALL], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    count, tested, raised = done.stdout.splitlines()[-3:]
    assert int(count) > 100
    for said in (tested.removeprefix("False "), raised.removeprefix("ConfigurationError ")):
        assert said.startswith(f"ODBC cannot be used on this machine: {LOADER}")
        assert "apt-get install unixodbc" in said
