"""The cost of the doubts about rows: a full load and an append of the same table, with and without them, in one run.

usage: python -m benchmarks.row_doubts [--rows 1000000] [--rounds 3] [--folder FOLDER]

The table has thirteen columns of all types (as in benchmarks.load_sqlite), a key, and codes with leading zeros. No file
shows a sign of damage, as is usual. Prints the least processor time of each, and how much more a load takes with the
doubts; for the append, also into a table that is ten times as long as the file.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
import time
import unittest.mock
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.load_sqlite import connect, generate
from rich.console import Console
from rich.table import Table as Grid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from refdata.ingest.context import Deps
    from refdata.ingest.rowdoubting import RowFindings


def load(deps: Deps, folder: str, content: Path, name: str) -> float:
    """Seconds of the processor for a whole load; other programs on the machine do not change them."""
    from refdata.ingest.process import process

    path = f"none_reference_data_table/{folder}/{name}.csv"
    (Path(deps.settings.dropoff_root) / path).write_bytes(content.read_bytes())
    began = time.process_time()
    process(deps, deps.dropoff.find(path), f"run {time.time_ns()}")
    return time.process_time() - began


class NoDoubts:
    """Looks at no rows; stands for ``RowDoubting``."""

    def __init__(self) -> None:
        from refdata.csvformat.rowwatch import RowWatch

        self.watch = RowWatch()

    @classmethod
    def of(cls, *_: object) -> NoDoubts:
        """As ``RowDoubting.of``."""
        return cls()

    def examine(self, _: object) -> RowFindings:
        """Finds nothing."""
        from refdata.ingest.rowdoubting import RowFindings

        return RowFindings()


@contextmanager
def without_doubts() -> Iterator[None]:
    """Loads that look at no rows."""
    with unittest.mock.patch("refdata.ingest.load.RowDoubting", NoDoubts):
        yield


def numbered(folder: Path, name: str, rows: int, start: int) -> Path:
    """A file whose keys begin at ``start``."""
    path = folder / name
    generate(path, rows=rows)
    if start:
        lines = path.read_text().splitlines(keepends=True)
        moved = (f"{int(line.partition(',')[0]) + start},{line.partition(',')[2]}" for line in lines[1:])
        path.write_text(lines[0] + "".join(moved))
    return path


def changed(path: Path) -> None:
    """Gives a file other bytes, so that it is no duplicate."""
    with path.open("a") as file:
        file.write(f"{time.time_ns()},name 1,5,1.00,true,2024-01-01,late,00001,,0.5,2024-01-01 10:00:00,DE,x\n")


def compare(rows: int, rounds: int, folder: Path) -> None:
    """Prints the figures."""
    table = Grid("Load", "Without, s", "With, s", "Longer", title=f"Doubts about rows, {rows:,} rows, embedded engine")
    deps = connect(folder / "site")
    first = numbered(folder, "first.csv", rows, 0)
    cases = [
        ("full load", "fullload", numbered(folder, "full.csv", rows, 0)),
        ("append of new rows", "append", numbered(folder, "append.csv", rows, rows)),
        ("append of a tenth of the table", "append", numbered(folder, "tenth.csv", rows // 10, rows)),
    ]
    for case, (title, kind, second) in enumerate(cases):
        best = {True: float("inf"), False: float("inf")}
        for turn in range(2 * rounds):
            name, doubts = f"t{case}x{turn}", bool(turn % 2) is bool(turn % 4 < 2)
            load(deps, "fullload", first, name)
            changed(second)
            with nullcontext() if doubts else without_doubts():
                best[doubts] = min(best[doubts], load(deps, kind, second, name))
        longer = best[True] / best[False] - 1
        table.add_row(title, f"{best[False]:.2f}", f"{best[True]:.2f}", f"{longer:+.1%}")
    Console(width=100).print(table)


def main() -> None:
    """Runs the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    logging.getLogger("refdata").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        compare(options.rows, options.rounds, Path(folder))


if __name__ == "__main__":
    main()
