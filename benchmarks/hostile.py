"""Loads files made to exhaust their reader, and shows what each costs and how it ends.

usage: python -m benchmarks.hostile [--case TEXT] [--small] [--folder PATH]

Each file (a line of 5 GB, ten million columns, a header of 100 MB, ...) is written, loaded into SQLite in a process of
its own, and removed; holes take no disk. The peak is the memory that the load took above what the process held before.
The verdict is "as it must" when the file ended as ``tests/integration/hostile/bombs.py`` says, below 400 MB, and
nothing else changed: neither tables and rows nor folders. Needs 12 GB of disk in the folder (default: the temporary
one); the whole takes about five minutes on two cores. Linux only; exit code 1 when one ends otherwise.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table
from tests.integration.hostile.bombs import BOMBS, Bomb
from tests.integration.hostile.detonate import Outcome, detonate

PATIENCE = 1800.0
"""Seconds that one load may take."""


def explode(bomb: Bomb, size: int, folder: str | None) -> Outcome:
    """Writes the file of a case and loads it."""
    with tempfile.TemporaryDirectory(dir=folder) as home:
        file = Path(home) / "bomb.csv"
        bomb.write(file, size)
        return detonate(Path(home) / "site", file, timeout=PATIENCE)


def _cells(bomb: Bomb, size: int, found: Outcome, wrong: list[str]) -> tuple[str, ...]:
    ending = f"{found.status} {found.category}".strip()
    verdict = "as it must" if not wrong else "; ".join(wrong)
    reported = " ".join((found.message.partition(" What to do: ")[0], *found.warnings)).strip()
    size_text = f"{size:,} {bomb.unit}"
    return bomb.name, size_text, f"{found.seconds:.1f}", f"{found.peak_mb:.0f}", ending, verdict, reported


def main() -> int:
    """Runs what the arguments ask for."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--case", default="", help="only cases whose name contains this text")
    options.add_argument("--small", action="store_true", help="the sizes of the test suite")
    options.add_argument("--folder", help="where files and sites are while they are needed")
    chosen = options.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 220)
    grid = Table("Case", "Size", "Seconds", "Peak MB", "Ended", "Verdict", "Message")
    failed = 0
    for bomb in (one for one in BOMBS if chosen.case in one.name):
        size = bomb.small if chosen.small else bomb.full
        found = explode(bomb, size, chosen.folder)
        wrong = bomb.wrong(found)
        failed += bool(wrong)
        cells = _cells(bomb, size, found, wrong)
        print(" | ".join(cells), file=sys.stderr, flush=True)
        grid.add_row(*cells)
    console.print(grid, markup=False)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
