"""Time of one look at a dropoff tree with many small files waiting.

Run: PYTHONPATH=plugins python benchmarks/scan_speed.py [files]
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from refdata.core.dropnames import LOAD_FOLDERS
from refdata.core.stability import Rule, WatchState, check
from refdata.core.statecodec import decode, encode
from refdata.dropoff.tree import ensure_tree, scan


def milliseconds(action: Callable[[], object], repeats: int = 15) -> tuple[float, float]:
    """Median and worst time of an action."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        times.append((time.perf_counter() - start) * 1000)
    return median(times), max(times)


def plain_listing(root: Path) -> list[int]:
    """The least that any scan must do: list the folders and stat each file, through pathlib."""
    return [path.lstat().st_size for folder in LOAD_FOLDERS for path in (root / folder).iterdir()]


def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        ensure_tree(root)
        for number in range(count):
            (root / LOAD_FOLDERS[number % 4] / f"table_{number:05}.csv").write_text("code,name\nNA,Namibia\n")
        observed = {file.path: file for file in scan(root).files}
        rule = Rule(checks=6, interval_ns=15 * 10**9, max_releases=200)
        state = check(WatchState(), rule, observed, time.time_ns()).state
        print(f"{count} files in four folders, milliseconds (median, worst of 15)")
        rows: dict[str, Callable[[], object]] = {
            "scan": lambda: scan(root),
            "pathlib listing and lstat, for scale": lambda: plain_listing(root),
            "stability check": lambda: check(state, rule, observed, time.time_ns()),
            "state to JSON values and back": lambda: decode(encode(state)),
        }
        for label, action in rows.items():
            typical, worst = milliseconds(action)
            print(f"{label:40} {typical:8.1f} {worst:8.1f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000)
