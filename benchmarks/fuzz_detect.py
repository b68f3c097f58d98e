"""Feed detection with random and mutated files: it must answer or raise an error of the tree, in bounded time.

The full scan must then read the file or raise such an error too, and each answer to a doubt must settle it.

usage: PYTHONPATH=plugins:benchmarks python benchmarks/fuzz_detect.py [--inputs 100000] [--seed 0]

Inputs are files of tests/cases, synthetic tables and noise, each cut, spliced, repeated and overwritten at
random; some are drawn as tables. A failure prints the seed of its input, keeps the file and ends the run with status 1.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import random
import re
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from types import FrameType

from refdata.core.doubts.formats import format_question
from refdata.core.errors import FormatError, PermanentError
from refdata.core.filemodel import Doubt, Format
from refdata.core.naming import column_names
from refdata.core.statedformat import stated_format
from refdata.csvformat import detect
from refdata.csvformat.scan import scan
from synthetic_csv import synthetic_file

CASES = Path(__file__).parent.parent / "tests" / "cases"
LIMIT_SECONDS = 10.0
"""A detection that takes longer hangs."""

MARKS = [
    b",",
    b";",
    b"|",
    b"\t",
    b'"',
    b"'",
    b"\\",
    b"\n",
    b"\r",
    b"\r\n",
    b"\0",
    b"#",
    b'""',
    b"\xff",
    b"\xef\xbb\xbf",
]
MARKS += [
    b"\xff\xfe",
    b" ",
    b"sep=;\n",
    b"\xc3\xa9",
    b"\xe9",
    b"\x1a",
    b"0",
    b"Total",
    b"\xe2\x80\xa8",
    b"\x85",
    b"\x0c",
]


class HangError(Exception):
    """Raised by the timer."""


def ring(_: int, __: FrameType | None) -> None:
    raise HangError


def seeds() -> list[bytes]:
    files = [path.read_bytes() for path in sorted(CASES.rglob("*.csv"))]
    tables = [synthetic_file(seed).text for seed in range(200)]
    return [data for data in files if data] + [text.encode() for text in tables] + [drawn(text) for text in tables[:60]]


def drawn(text: str) -> bytes:
    """A text's words as a table with borders, with a rule, or between runs of blanks."""
    rows = [re.findall(r"\w+", line)[:4] for line in text.splitlines()[:30]]
    rows = [row for row in rows if len(row) == len(rows[0])] or [["a", "b"]]
    joint = ("| ", " | ", "  ", " ")[len(text) % 4]
    lines = [joint.join(cell.ljust(9 if joint != " " else 0) for cell in row) for row in rows]
    return "\n".join([lines[0], *(["-" * 9 + "+" + "-" * 9] if joint == " | " else []), *lines[1:]]).encode()


def fuzzed(rng: random.Random, pool: list[bytes]) -> bytes:
    data = rng.choice(pool) if rng.random() < 0.9 else rng.randbytes(rng.randint(0, 400))
    if rng.random() < 0.15:
        data = data.decode("utf-8", "ignore").encode(rng.choice(["utf-16", "utf-16-be", "cp1252", "utf-32"]), "ignore")
    for _ in range(rng.randint(0, 6)):
        data = mutate(rng, data, pool)
    return data[: rng.choice([200, 2000, 20000])]


def mutate(rng: random.Random, data: bytes, pool: list[bytes]) -> bytes:
    at, to = sorted((rng.randint(0, len(data)), rng.randint(0, len(data))))
    kind = rng.randrange(6)
    if kind == 0:
        return data[:at] + rng.choice(MARKS) * rng.choice([1, 1, 2, 50]) + data[at:]
    if kind == 1:
        return data[:at] + data[to:]
    if kind == 2:
        return data[:at] + rng.choice(pool)[:500] + data[at:]
    if kind == 3:
        return data[:at] + data[at:to] * rng.choice([2, 3, 20]) + data[to:]
    if kind == 4:
        return data.replace(rng.choice(MARKS), rng.choice(MARKS))
    return data[:at] + rng.randbytes(rng.randint(1, 8)) + data[at:]


def check(found: Format) -> None:
    """The conditions that every answer must meet."""
    assert 0 <= found.confidence <= 1
    assert found.delimiter in {",", ";", "|", "\t"}
    assert found.quote in {"", '"', "'"}
    assert found.escape in {"", "\\"}
    assert found.header
    assert (found.header_lines > 0) == found.has_header
    assert min(found.preamble_lines, found.trailer_lines) >= 0
    json.dumps(dataclasses.asdict(found))


def outcome(path: Path, sample_bytes: int) -> str:
    try:
        found = detect(path, sample_bytes=sample_bytes)
        check(found)
        if found.doubt is not None:
            settle(path, sample_bytes, found.doubt)
    except FormatError as error:
        return "refused: " + re.sub(r"\d\w*", "#", error.what)[:40]
    try:
        scan(path, found, column_names(found.header))
    except PermanentError:
        return "detected, refused by the scan"
    return "asked" if found.doubt else "detected"


def settle(path: Path, sample_bytes: int, doubt: Doubt) -> None:
    """Each reading that a person can choose must do away with the doubt that offered it."""
    for choice in format_question("t", "t.csv", doubt).choices if doubt.readings else ():
        if choice.patch is not None:
            again = detect(path, sample_bytes=sample_bytes, stated=stated_format(choice.patch))
            assert again.doubt is None or again.doubt.what != doubt.what, choice.key


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--inputs", type=int, default=100_000)
    options.add_argument("--seed", type=int, default=0)
    asked = options.parse_args()
    pool, counts, slowest = seeds(), Counter[str](), 0.0
    path = Path(tempfile.mkdtemp(prefix="fuzz_detect")) / "input.csv"
    signal.signal(signal.SIGALRM, ring)
    begun = time.monotonic()
    for number in range(asked.inputs):
        rng = random.Random(asked.seed * 10**9 + number)
        path.write_bytes(fuzzed(rng, pool))
        started = time.perf_counter()
        signal.setitimer(signal.ITIMER_REAL, LIMIT_SECONDS)
        try:
            counts[outcome(path, rng.choice([1 << 20, 1 << 20, 1024]))] += 1
        except BaseException as error:
            print(f"input {number} of seed {asked.seed} failed with {error!r}; it is kept as {path}")
            raise
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        slowest = max(slowest, time.perf_counter() - started)
        if (number + 1) % 10_000 == 0 or number + 1 == asked.inputs:
            print(f"{number + 1} inputs, {time.monotonic() - begun:.0f} s, slowest {1000 * slowest:.0f} ms", flush=True)
    path.unlink()
    path.parent.rmdir()
    for kind, count in counts.most_common():
        print(f"{count:8d} {kind}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
