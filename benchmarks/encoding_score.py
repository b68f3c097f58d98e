"""Ordinary CSV texts re-encoded, and the share that is decoded to the same text again.

usage: PYTHONPATH=plugins python benchmarks/encoding_score.py [--misses]

Texts are tests/cases/encodings/*.csv, each in the encodings that encodings.json lists for its language;
they are taken whole, by their first lines, and mostly ASCII: two of their rows among two hundred plain
ones. Columns: refdata, and chardet and charset-normalizer (where installed) given the same bytes.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import chardet

from refdata.core.errors import RefdataError
from refdata.csvformat import detect

CASES = Path(__file__).parent.parent / "tests" / "cases" / "encodings"
Detector = Callable[[bytes, Path], str | None]
TONES = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}


def with_tones_apart(text: str) -> str:
    """Vietnamese as Windows-1258 writes it: tone marks behind their letters."""
    parts = []
    for character in unicodedata.normalize("NFC", text):
        marks = unicodedata.normalize("NFD", character)
        tones = "".join(mark for mark in marks if mark in TONES)
        rest = "".join(mark for mark in marks if mark not in TONES)
        parts.append(unicodedata.normalize("NFC", rest) + tones)
    return "".join(parts)


def texts(language: str) -> Iterator[tuple[str, str]]:
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


def refdata(_: bytes, path: Path) -> str | None:
    try:
        return detect(path, min_confidence=0.0).encoding
    except RefdataError as error:
        return str(error)


def by_chardet(data: bytes, _: Path) -> str | None:
    return chardet.detect(data)["encoding"]


def by_normalizer(data: bytes, _: Path) -> str | None:
    from charset_normalizer import from_bytes

    found = from_bytes(data).best()
    return found.encoding if found else None


def same(data: bytes, text: str, encoding: str | None) -> bool:
    try:
        return bool(encoding) and data.decode(str(encoding)) == text
    except (LookupError, UnicodeDecodeError):
        return False


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--misses", action="store_true")
    asked = options.parse_args()
    detectors: dict[str, Detector] = {"refdata": refdata, "chardet": by_chardet, "charset-normalizer": by_normalizer}
    right: dict[tuple[str, str], list[bool]] = {}
    for language, encodings in json.loads((CASES / "encodings.json").read_text("utf-8")).items():
        for kind, text in texts(language):
            for encoding in [*encodings, "utf-8", "utf-8-sig", "utf-16"]:
                data = text.encode(encoding)
                path = Path(tempfile.gettempdir()) / "encoding_score.csv"
                path.write_bytes(data)
                for name, detector in detectors.items():
                    found = detector(data, path)
                    right.setdefault((kind, name), []).append(same(data, text, found))
                    if asked.misses and name == "refdata" and not right[kind, name][-1]:
                        print("missed", language, kind, encoding, "taken for", found)
    print(f"{'texts':14s}" + "".join(f"{name:>20s}" for name in detectors))
    for kind in dict.fromkeys(kind for kind, _ in right):
        shares = [100 * sum(right[kind, name]) / len(right[kind, name]) for name in detectors]
        print(f"{kind:14s}" + "".join(f"{share:20.1f}" for share in shares) + f"   of {len(right[kind, 'refdata'])}")
    everything = [sum(sum(marks) for (_, one), marks in right.items() if one == name) for name in detectors]
    count = sum(len(marks) for (_, one), marks in right.items() if one == "refdata")
    print(f"{'all':14s}" + "".join(f"{100 * number / count:20.1f}" for number in everything) + f"   of {count}")


if __name__ == "__main__":
    main()
