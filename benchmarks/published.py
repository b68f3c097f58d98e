"""Writes docs/benchmarks.md and its picture: one file loaded into SQLite by refdata and by other tools, in one run.

usage: python -m benchmarks.published [--rows 1000000] [--timeout 900] [--venv FOLDER]

The other tools are installed into a virtual environment of their own, each with the version that uv finds.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import matplotlib as mpl
from benchmarks.contenders import CONTENDERS
from benchmarks.load_sqlite import PROJECT, generate

mpl.use("Agg")
from matplotlib import pyplot

PAGE, PICTURE = PROJECT / "docs" / "benchmarks.md", PROJECT / "docs" / "benchmarks.png"
PACKAGES = {"pandas to_sql": "pandas", "sqlite-utils": "sqlite-utils", "dlt": "dlt[sqlalchemy]", "ingestr": "ingestr"}
"""Installed apart from refdata, ingestr in an environment of its own: it pins its own dlt."""
METHOD = """# Benchmarks

Written by `python -m benchmarks.published`: one CSV file, each tool in a process of its own, one after another.

refdata's figure is a whole load: detection, a scan of all rows, staging, one publishing transaction, ledger and
archive. The other tools read the file and write a table; `insert_rows` gets a table made by hand, with columns of text.
CPU is user and system time of the process with its imports and children, because other work shares the machine; memory
is the peak of its largest process.

refdata's process and that of `insert_rows` also import Airflow, two to three seconds whatever the file's size.
"""


@dataclass(frozen=True, slots=True)
class Result:
    """The figures of one contender, or why there are none."""

    name: str
    version: str
    seconds: float = 0.0
    cpu: float = 0.0
    peak: float = 0.0
    fault: str = ""


def python_for(name: str, venv: Path) -> Path:
    """The Python that has a contender, installed where it is missing."""
    if name not in PACKAGES:
        return Path(sys.executable)
    home = venv / ("ingestr" if name == "ingestr" else "tools")
    python, uv = home / "bin" / "python", str(Path(sys.executable).with_name("uv"))
    if not python.exists():
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(home)], check=True)
    packages = ["pandas", "pyarrow", PACKAGES[name]]
    subprocess.run([uv, "pip", "install", "--quiet", "--python", str(python), *packages], check=True, timeout=600)
    return python


def version_of(python: Path, package: str) -> str:
    """The installed version of a package."""
    code = f"import importlib.metadata as m; print(m.version({package.partition('[')[0]!r}))"
    return subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def measure(name: str, file: Path, rows: int, venv: Path, timeout: float) -> Result:
    """One contender on the file, in a fresh folder."""
    packages = {"refdata": "airflow-provider-refdata", "Airflow's insert_rows": "apache-airflow-providers-sqlite"}
    version = ""
    with tempfile.TemporaryDirectory(dir=file.parent, ignore_cleanup_errors=True) as home:
        environment = {**os.environ, "AIRFLOW_HOME": home, "PYTHONPATH": f"{PROJECT / 'plugins'}:{PROJECT}"}
        script = str(PROJECT / "benchmarks" / "contenders.py")
        try:
            python = python_for(name, venv)
            version = version_of(python, {**packages, **PACKAGES}[name])
            command = [str(python), script, name, str(file), home]
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=timeout)
        except subprocess.TimeoutExpired:
            return Result(name, version, fault=f"not done after {timeout:.0f} s")
        except subprocess.CalledProcessError as error:
            return Result(name, version, fault=last_error(error.stderr or "") or "it failed")
    found = json.loads([line for line in done.stdout.splitlines() if line.startswith("{")][-1])
    fault = "" if found["rows"] == rows else f"{found['rows']:,} of {rows:,} rows arrived"
    return Result(name, version, found["seconds"], found["cpu"], found["peak"], fault)


def last_error(text: str) -> str:
    """The last line about an error, or the last line, without frames and without what ends a cell of the page."""
    lines = [line for row in text.splitlines() if (line := row.strip(" │╭╰─╮╯"))]
    named = [line for line in lines if "rror" in line] or lines
    return named[-1][:200].replace("|", "/") if named else ""


def page(results: list[Result], rows: int, size: int, load: tuple[str, str]) -> str:
    """The page in Markdown."""
    own = next(result.cpu for result in results if result.name == "refdata")
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    versions = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    text = f"{METHOD}\n{rows:,} rows of 13 columns, {size / 1e6:.0f} MB, on {datetime.now(UTC):%Y-%m-%d}: {machine};"
    text += f" {versions}. Load average of the machine: {load[0]} before, {load[1]} after.\n\n"
    text += "| tool | version | CPU s | of refdata's CPU | elapsed s | rows per CPU s | peak MB |\n"
    text += "| --- | --- | --- | --- | --- | --- | --- |\n"
    for one in results:
        figures = (
            [f"{one.cpu:.1f}", f"{one.cpu / own:.2f}", f"{one.seconds:.1f}", f"{rows / one.cpu:,.0f}"]
            if one.cpu
            else []
        )
        cells = [*figures, f"{one.peak:.0f}"] if figures and not one.fault else [f"{one.fault}", "", "", "", ""]
        text += f"| {one.name} | {one.version} | {' | '.join(cells)} |\n"
    return f"{text}\n![CPU seconds of each tool](benchmarks.png)\n"


def draw(results: list[Result], rows: int) -> None:
    """A bar for each contender that loaded all rows."""
    shown = [one for one in results if not one.fault][::-1]
    figure, axis = pyplot.subplots(figsize=(8, 3), layout="constrained")
    bars = axis.barh(
        [one.name for one in shown], [one.cpu for one in shown], color=["#8aa"] * (len(shown) - 1) + ["#c63"]
    )
    axis.bar_label(bars, fmt="%.1f", padding=3)
    axis.set_title(f"CPU seconds to load {rows:,} rows of 13 columns into SQLite", fontsize=10, loc="left")
    axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(PICTURE, dpi=75)
    pyplot.close(figure)


def main() -> None:
    """Measures all and writes page and picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--timeout", type=float, default=900)
    parser.add_argument("--venv", type=Path, default=PROJECT / ".test" / "contenders")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bench.csv"
        rows, before = generate(file, rows=options.rows), f"{os.getloadavg()[0]:.1f}"
        results = [measure(name, file, rows, options.venv, options.timeout) for name in CONTENDERS]
        PAGE.write_text(
            page(results, rows, file.stat().st_size, (before, f"{os.getloadavg()[0]:.1f}")), encoding="utf-8"
        )
    draw(results, rows)
    print(PAGE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
