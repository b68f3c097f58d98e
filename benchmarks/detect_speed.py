"""How fast detection is, as a ratio to csv.Sniffer on the same files in the same run.

usage: PYTHONPATH=plugins python benchmarks/detect_speed.py [DIR …]

Every ``*.csv`` below the folders is detected three times; the fastest counts. Files that detection refuses
count too; the Sniffer gets the text decoded beforehand, and neither the header nor the encoding to find.
"""

from __future__ import annotations

import csv
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from refdata.core.errors import RefdataError
from refdata.csvformat import detect

DATA = Path("/work/shared/data")
TRIES = 3
SNIFFED_CHARACTERS = 64 * 1024
"""Characters that the Sniffer gets, as many as the dialects are tried on."""


def fastest(work: Callable[[], object]) -> float:
    """Milliseconds of the fastest of three runs."""
    times = []
    for _ in range(TRIES):
        begun = time.perf_counter()
        with suppress(csv.Error, RefdataError):
            work()
        times.append(1000 * (time.perf_counter() - begun))
    return min(times)


def main() -> None:
    folders = [Path(name) for name in sys.argv[1:]] or [DATA]
    files = sorted(path for folder in folders for path in folder.rglob("*.csv"))
    ours, theirs = [], []
    for path in files:
        text = path.read_bytes()[:SNIFFED_CHARACTERS].decode("latin-1")
        ours.append((fastest(lambda path=path: detect(path)), path))  # type: ignore[misc]
        theirs.append(fastest(lambda text=text: csv.Sniffer().sniff(text, ",;\t|")))  # type: ignore[misc]
    median, sniffer = statistics.median(one for one, _ in ours), statistics.median(theirs)
    print(f"{len(files)} files")
    print(f"detect   median {median:7.1f} ms   slowest {max(ours)[0]:7.0f} ms   {max(ours)[1]}")
    print(f"Sniffer  median {sniffer:7.1f} ms   slowest {max(theirs):7.0f} ms")
    print(f"ratio of the medians {median / sniffer:.1f}, of the sums {sum(one for one, _ in ours) / sum(theirs):.1f}")


if __name__ == "__main__":
    main()
