"""Peak memory of scan and read_rows at 100 MB and 1 GB, each in a process of its own, and the ratio.

python benchmarks/read_memory.py
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.mixed_csv import write_mixed_csv
from benchmarks.read_speed import measure

SIZES = (100, 1000)


def main() -> None:
    print(f"| {'reader':25} | " + " | ".join(f"{size} MB: peak MiB" for size in SIZES) + " | ratio |")
    print(f"| {'-' * 25} | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder:
        paths = [write_mixed_csv(Path(folder) / f"{size}.csv", size) for size in SIZES]
        for name in ("refdata scan", "refdata read_rows text", "refdata read_rows typed"):
            small, large = (measure(name, path).memory for path in paths)
            print(f"| {name:25} | {small:.0f} | {large:.0f} | {large / small:.2f} |")


if __name__ == "__main__":
    main()
