"""Every parse of the DAGs and every task process imports the operators: they must stay cheap to import."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import refdata

HEAVY = ("chardet", "duckdb", "fastapi", "mssql_python", "numpy", "pandas", "pyarrow", "pymssql", "pyodbc")
CODE = f"""
import sys
import airflow.sdk
before = set(sys.modules)
import refdata.wiring, refdata.operators.load, refdata.notifications.failure, refdata.plugin
print(*sorted(set({HEAVY}) & (set(sys.modules) - before)))
"""


def test_modules_imported_by_every_process_load_no_heavy_library(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(Path(refdata.__file__).parents[1]), "AIRFLOW_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", CODE], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
