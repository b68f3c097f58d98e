"""Shows a run of ``benchmarks.soak``: a picture of the curves, and a table of their first and last parts.

usage: python -m benchmarks.soak_report FOLDER [--plot FILE.png] [--note TEXT]

The slope is that of a line fitted by least squares to the samples after the first tenth, in which things warm up.
"""

from __future__ import annotations

import argparse
import csv
import sqlite3
import statistics
import sys
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import matplotlib as mpl
from rich.console import Console
from rich.table import Table

mpl.use("Agg")
from matplotlib import pyplot

WARM_UP = 0.1
PARTS = 3


@dataclass(frozen=True, slots=True)
class Curve:
    """Values over seconds since the start."""

    name: str
    unit: str
    seconds: list[float]
    values: list[float]

    @property
    def warm(self) -> tuple[list[float], list[float]]:
        """Without the first tenth."""
        first = WARM_UP * max(self.seconds, default=0)
        kept = [(x, y) for x, y in zip(self.seconds, self.values, strict=True) if x >= first]
        return [x for x, _ in kept], [y for _, y in kept]

    @property
    def per_hour(self) -> float:
        """Slope of the fitted line."""
        x, y = self.warm
        return statistics.linear_regression(x, y).slope * 3600 if len(set(x)) > 1 else 0.0

    def median(self, part: int) -> float:
        """Median of one of three parts of the run, the warm-up left out."""
        _, y = self.warm
        size = len(y) // PARTS
        return statistics.median(y[part * size : (part + 1) * size] or y or [0.0])


def report(folder: Path, plot: Path, note: str = "") -> None:
    """Prints the table and draws the picture."""
    every = float((folder / "began.txt").read_text().split()[1])
    memory, handles, connections = _processes(folder)
    latency = _latency(folder)
    files = _leftovers(folder)
    _table([*memory, *handles, *connections, *latency, *files])
    _draw(plot, memory, handles, connections, latency, files, _title(latency, memory[0].seconds[-1], every, note))
    print(f"{plot}, {plot.stat().st_size // 1000} KB")


def _title(latency: list[Curve], seconds: float, every: float, note: str) -> str:
    count = sum(len(curve.values) for curve in latency)
    title = f"{count} files loaded in {seconds / 60:.0f} minutes, one dropped every {every:g} s; embedded engine"
    return f"{title}\n{note}" if note else title


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def _processes(folder: Path) -> tuple[list[Curve], list[Curve], list[Curve]]:
    by_component: dict[str, list[dict[str, str]]] = defaultdict(list)
    for line in _read(folder / "samples.csv"):
        by_component[line["component"]].append(line)

    def curves(column: str, unit: str) -> list[Curve]:
        return [
            Curve(name, unit, [float(line["seconds"]) for line in lines], [float(line[column]) for line in lines])
            for name, lines in by_component.items()
        ]

    return curves("standing_mb", "MB"), curves("files", "open files"), curves("connections", "connections")


def _leftovers(folder: Path) -> list[Curve]:
    lines = _read(folder / "leftovers.csv")
    seconds = [float(line["seconds"]) for line in lines]
    names = {f"{kind} files": kind for kind in ("stages", "temporary", "hidden", "waiting")} | {"load average": "load"}
    known = {name: key for name, key in names.items() if key in lines[0]}
    return [Curve(name, "count", seconds, [float(line[key]) for line in lines]) for name, key in known.items()]


def _latency(folder: Path) -> list[Curve]:
    """Seconds from the drop to the archive, over the moment of the drop, by size of file."""
    began = float((folder / "began.txt").read_text().split()[0])
    database = folder / "home" / "warehouse" / "refdata.ref.db"
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        sql = "SELECT file_name, processed_at FROM File_Monitor_Tracking WHERE status = 'completed'"
        ended = {
            name: datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp() for name, at in connection.execute(sql)
        }
    sizes: dict[str, list[tuple[float, float]]] = defaultdict(list)
    with (folder / "drops.csv").open(newline="") as file:
        for _, name, rows, at in csv.reader(file):
            if name in ended:
                sizes["up to 20,000 rows" if int(rows) <= 20_000 else "200,000 rows"].append(
                    (float(at) - began, ended[name] - float(at))
                )
    return [
        Curve(f"latency, {name}", "s", [x for x, _ in pairs], [y for _, y in pairs]) for name, pairs in sizes.items()
    ]


def _utc(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def _table(curves: list[Curve]) -> None:
    grid = Table("Curve", "Unit", "First third", "Middle", "Last third", "Most", "Per hour")
    for curve in curves:
        medians = (f"{curve.median(part):.1f}" for part in range(PARTS))
        grid.add_row(curve.name, curve.unit, *medians, f"{max(curve.values):.1f}", f"{curve.per_hour:+.1f}")
    Console(width=110).print(grid)


def _draw(
    plot: Path,
    memory: list[Curve],
    handles: list[Curve],
    connections: list[Curve],
    latency: list[Curve],
    files: list[Curve],
    title: str,
) -> None:
    figure, axes = pyplot.subplots(5, 1, figsize=(10, 13), sharex=True, layout="constrained")
    figure.suptitle(title, fontsize=11)
    groups = (
        ("Memory (PSS) of standing processes, MB", memory),
        ("Open file handles", handles),
        ("Connections and sockets", connections),
        ("Temporary and waiting files, load average of the machine", files),
    )
    for axis, (label, curves) in zip(axes, groups, strict=False):
        for curve in curves:
            axis.plot([x / 60 for x in curve.seconds], curve.values, label=curve.name, linewidth=1.2)
        _finish(axis, label)
    for curve in latency:
        axes[4].plot([x / 60 for x in curve.seconds], curve.values, ".", markersize=4, label=curve.name)
    _finish(axes[4], "Drop → archived, s (stable after 6 s)")
    axes[4].set_xlabel("Minutes")
    figure.savefig(plot, dpi=75)
    pyplot.close(figure)


def _finish(axis: mpl.axes.Axes, label: str) -> None:
    axis.set_title(label, fontsize=9, loc="left")
    axis.set_ylim(bottom=0)
    axis.grid(alpha=0.3)
    axis.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1.0, 1.0))


def main() -> int:
    """Shows the run in a folder."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder", type=Path)
    options.add_argument("--plot", type=Path)
    options.add_argument("--note", default="")
    chosen = options.parse_args()
    report(chosen.folder, chosen.plot or chosen.folder / "soak.png", chosen.note)
    return 0


if __name__ == "__main__":
    sys.exit(main())
