"""Time and memory of detecting files of growing size: flat, because detection reads a bounded sample.

usage: PYTHONPATH=plugins python benchmarks/detect_large.py [--gigabytes 5] [--folder /tmp]

The files are made in the folder and deleted: one block of rows, repeated (copied by the file system where it
can). Each detection runs in a process of its own; memory is that process's peak (VmHWM, which unlike ru_maxrss
knows nothing of the parent); the figure of the first line is the interpreter's.
"""

from __future__ import annotations

import argparse
import functools
import re
import subprocess
import sys
import time
from pathlib import Path


@functools.cache
def block() -> bytes:
    """Some 18 MB of rows."""
    rows = (
        f'{number:08d},"Station {number % 977}, north",'
        f"2024-{number % 12 + 1:02d}-{number % 28 + 1:02d},{number % 9973}.5\n"
        for number in range(400_000)
    )
    return "".join(rows).encode()


def write(path: Path, size: int) -> None:
    """A header, then the block again and again until the file has ``size`` bytes or a little more."""
    with path.open("wb") as file:
        file.write(b"code,name,valid_from,amount\n")
        while file.tell() < size:
            file.write(block())


def peak_memory() -> float:
    """Peak resident memory of this process in MiB."""
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text("utf-8"))
    return int(found[1]) / 1024 if found else 0.0


def measure(path: Path) -> None:
    """Print the time and memory of one detection, and what it found."""
    from refdata.csvformat import detect

    begun = time.perf_counter()
    found = detect(path) if path.exists() else None
    taken = time.perf_counter() - begun
    peak = peak_memory()
    size = path.stat().st_size / 2**20 if path.exists() else 0
    shown = f"{found.delimiter!r} header {found.has_header} confidence {found.confidence}" if found else "imports alone"
    print(f"{size:10.1f} MiB {1000 * taken:8.0f} ms {peak:8.0f} MiB   {shown}")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--gigabytes", type=float, default=5)
    options.add_argument("--folder", type=Path, default=Path("/tmp"))
    options.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    asked = options.parse_args()
    if asked.measure:
        measure(asked.measure)
        return
    print(f"{'size':>10s}     {'time':>8s}    {'memory':>8s}")
    path = asked.folder / "detect_large.csv"
    for size in (0, 1 << 16, 1 << 20, 1 << 26, int(asked.gigabytes * 2**30)):
        try:
            if size:
                write(path, size) if size > 1 << 22 else path.write_bytes(block()[:size])
            subprocess.run([sys.executable, __file__, "--measure", str(path)], check=True)
        finally:
            path.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
