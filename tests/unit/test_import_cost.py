"""Every DAG parse and every task imports the operators, and a person waits for a command: imports stay cheap."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import refdata

HEAVY = ("chardet", "duckdb", "fastapi", "mssql_python", "numpy", "pandas", "pyarrow", "pymssql", "pyodbc")
CODE = f"""
import sys
import airflow.sdk
before = set(sys.modules)
import refdata.wiring, refdata.operators.load, refdata.notifications.failure, refdata.plugin
print(*sorted(set({HEAVY}) & (set(sys.modules) - before)))
"""


NEEDLESS = (
    "airflow",
    "refdata.core.questions",
    "refdata.core.contract",
    "rich.progress",
    "rich.prompt",
    "rich.logging",
)
HELP = f"""
import sys
import refdata.cli
refdata.cli.parser().format_help()
print(*sorted(set({(*NEEDLESS, *HEAVY)}) & set(sys.modules)))
"""


ROWLESS = """
import sys
import airflow.sdk
before = set(sys.modules)
import refdata.health, refdata.warehouse.sqlite.engine, refdata.warehouse.mssql.engine
print(*sorted({"pandas", "numpy", "pyarrow", "adbc_driver_manager"} & (set(sys.modules) - before)))
"""
STARTS = {
    "each process of Airflow": CODE,
    "the help of the command line": HELP,
    "a command that reads or writes no rows": ROWLESS,
}


@pytest.mark.parametrize("code", STARTS.values(), ids=STARTS)
def test_a_start_loads_no_library_that_it_does_not_need(tmp_path: Path, code: str) -> None:
    env = {**os.environ, "PYTHONPATH": str(Path(refdata.__file__).parents[1]), "AIRFLOW_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
