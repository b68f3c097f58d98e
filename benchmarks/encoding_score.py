"""CSV texts re-encoded, and the share that is decoded to the same text again.

usage: PYTHONPATH=plugins python -m benchmarks.encoding_score [--misses] [--tables N] [DIR …]

Texts are tests/cases/encodings/*.csv (whole, by their first lines, and mostly ASCII: two of their rows among two
hundred plain ones), generated tables (``encoded_csv``), and each UTF-8 file ``*.csv`` below the folders, by its first
lines. The first are in the encodings that encodings.json lists for their language, the others in each code page that
can hold them.
Columns: refdata right, refused with the candidates named, and wrong; chardet and charset-normalizer (where installed)
right on the same bytes; and the ratio of refdata's errors to chardet's.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import chardet
from benchmarks.encoded_csv import CASES, encoded, tables, with_tones_apart

from refdata.core.errors import RefdataError
from refdata.csvformat import detect

Case = tuple[str, str, str, bytes]
"""The kind of text, the encoding, the text, its bytes."""

FIRST_LINES = 300
"""Lines of a file that are taken."""


def cases_by_language() -> Iterator[Case]:
    for language, encodings in json.loads((CASES / "encodings.json").read_text("utf-8")).items():
        for kind, text in parts(language):
            for encoding in [*encodings, "utf-8", "utf-8-sig", "utf-16"]:
                yield f"cases, {kind}", encoding, text, text.encode(encoding)


def parts(language: str) -> Iterator[tuple[str, str]]:
    """The text of a language, whole and in parts."""
    whole = (CASES / f"{language}.csv").read_text("utf-8")
    whole = with_tones_apart(whole) if language == "vi" else whole
    lines = whole.splitlines(keepends=True)
    mark = ";" if whole.count(";") > whole.count(",") else ","
    width = lines[0].count(mark)
    plain = [mark.join([str(1000 + number), *["plain text"] * width]) + "\n" for number in range(200)]
    yield "whole", whole
    yield "three lines", "".join(lines[:3])
    yield "mostly ASCII", "".join([*plain[:150], lines[2], lines[-1], *plain[150:]])


def cases_generated(count: int) -> Iterator[Case]:
    for language, text in tables(1, count):
        for family, encoding, written, data in encoded(language, text):
            yield f"generated, {family}", encoding, written, data


def cases_from_files(folders: list[Path]) -> Iterator[Case]:
    for path in sorted(path for folder in folders for path in folder.rglob("*.csv")):
        data = path.read_bytes()
        try:
            text = "".join(data.decode("utf-8-sig").splitlines(keepends=True)[:FIRST_LINES])
        except UnicodeDecodeError:
            continue
        language = path.name.partition("~")[0]  # where the name begins with one
        for family, encoding, written, data in encoded(language, text):
            yield f"files, {family}", encoding, written, data


def by_refdata(_: bytes, path: Path) -> str | None:
    try:
        found = detect(path, min_confidence=0.0)
    except RefdataError:
        return None
    return None if found.doubt is not None and "encoding" in found.doubt.what else found.encoding


def by_chardet(data: bytes, _: Path) -> str | None:
    return chardet.detect(data)["encoding"]


def by_normalizer(data: bytes, _: Path) -> str | None:
    from charset_normalizer import from_bytes

    found = from_bytes(data).best()
    return found.encoding if found else None


def same(data: bytes, text: str, encoding: str) -> bool:
    try:
        return data.decode(encoding).removeprefix("\ufeff") == text
    except (LookupError, UnicodeDecodeError):
        return False


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--misses", action="store_true")
    options.add_argument("--tables", type=int, default=300)
    options.add_argument("folders", nargs="*", type=Path)
    asked = options.parse_args()
    detectors: dict[str, Callable[[bytes, Path], str | None]] = {"refdata": by_refdata, "chardet": by_chardet}
    if importlib.util.find_spec("charset_normalizer"):
        detectors["normalizer"] = by_normalizer
    marks: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    spent: defaultdict[str, float] = defaultdict(float)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.csv"
        for what, encoding, text, data in (
            *cases_by_language(), *cases_generated(asked.tables), *cases_from_files(asked.folders),
        ):  # fmt: skip
            path.write_bytes(data)
            mark = {}
            for name, detector in detectors.items():
                begun = time.perf_counter()
                found = detector(data, path)
                spent[name] += time.perf_counter() - begun
                mark[name] = "refused" if found is None else "right" if same(data, text, found) else "wrong"
                if asked.misses and name == "refdata" and mark[name] != "right":
                    print(
                        f"{mark[name]:8s} {what:24s} {encoding:12s} taken for {found}   {text[:60]!r}", file=sys.stderr
                    )
            marks[what].append(mark)
    report(marks, list(detectors))
    print(
        "milliseconds a text: "
        + ", ".join(f"{name} {1000 * spent[name] / sum(map(len, marks.values())):.1f}" for name in detectors)
    )


def report(marks: dict[str, list[dict[str, str]]], detectors: list[str]) -> None:
    others = detectors[1:]
    print(
        f"{'texts':24s}{'number':>8s}{'right':>8s}{'refused':>8s}{'wrong':>8s}"
        + "".join(f"{one:>12s}" for one in others)
        + f"{'errors / chardet':>18s}"
    )
    for what, found in [*marks.items(), ("all", [one for many in marks.values() for one in many])]:
        number = len(found)
        shares = [100 * sum(one["refdata"] == mark for one in found) / number for mark in ("right", "refused", "wrong")]
        right = [100 * sum(one[other] == "right" for one in found) / number for other in others]
        ratio = (100 - shares[0]) / (100 - right[0]) if right[0] < 100 else float("nan")
        cells = "".join(f"{share:8.1f}" for share in shares) + "".join(f"{share:12.1f}" for share in right)
        print(f"{what:24s}{number:8d}{cells}{ratio:18.2f}")


if __name__ == "__main__":
    main()
