"""Fit the weights of ``refdata.csvformat.header`` and show what they are worth on files not fitted.

usage: PYTHONPATH=plugins:benchmarks python benchmarks/fit_header_weights.py [--data DIR] [--more DIR ...]

Labelled files come from DIR/annotations.jsonl (``header`` not null) and ``headers.jsonl`` beside this script
if it exists. Each file with a header is also used without its first row, as a file that has none. --more
names folders of files that are known to have headers: with their header and without it, half of them are
fitted with a small weight and half only scored.
"""

from __future__ import annotations

import argparse
import json
import random
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from refdata.core.errors import RefdataError
from refdata.csvformat.detection import read_text
from refdata.csvformat.header import WEIGHTS, header_measures
from refdata.csvformat.layout import table_start
from refdata.csvformat.lines import physical_lines
from refdata.csvformat.ranking import rank_dialects
from refdata.csvformat.sample import read_sample

NAMES = tuple(WEIGHTS)
Matrix = NDArray[np.float64]


@dataclass
class Case:
    name: str
    group: str
    measures: Matrix
    label: bool
    weight: float


def table_of(path: Path) -> list[list[str]]:
    """The rows from the table's first on, as detection finds it."""
    sample = read_sample(path)
    text = read_text(sample, "cp1252").head
    best = rank_dialects(text)[0]
    rows = [
        row.cells
        for row in table_start(physical_lines(text), best.dialect, best.evidence.shape.width).rows
        if not row.blank
    ]
    return rows[:150]


def cases_of(path: Path, group: str, label: bool, weight: float) -> list[Case]:
    try:
        rows = table_of(path)
    except RefdataError:
        return []
    cases = [_case(path.name, group, rows, label, weight)] if rows else []
    if label and len(rows) > 3:
        cases.append(_case(path.name + " without", group, rows[1:], False, weight / 2))
    return cases


def _case(name: str, group: str, rows: list[list[str]], label: bool, weight: float) -> Case:
    measures = header_measures(rows[0], rows[1:])
    return Case(name, group, np.array([measures[key] for key in NAMES]), label, weight)


def labelled(data: Path, extra: Path | None) -> list[Case]:
    cases = []
    known = json.loads(extra.read_text("utf-8")) if extra else {}
    for line in (data / "annotations.jsonl").read_text("utf-8").splitlines():
        note = json.loads(line)
        if note["delimiter"] not in (",", ";", "|", "\t"):
            continue
        group = note["file"].split("/")[0]
        label = (
            note["header"]
            if note["header"] is not None
            else known.get(group, {}).get(note["file"].split("/")[1], known.get(group, {}).get("*"))
        )
        if label is not None:
            cases += cases_of(data / note["file"], group, bool(label), 0.2 if group == "w3c_csvw" else 1.0)
    return cases


def fit(cases: list[Case], strength: float = 0.5, steps: int = 1500) -> Matrix:
    """Gradient ascent on the log likelihood, tied to the current weights."""
    start = np.array([WEIGHTS[name] for name in NAMES])
    weights = start.copy()
    inputs = np.array([case.measures for case in cases])
    labels = np.array([float(case.label) for case in cases])
    shares = np.array([case.weight for case in cases])
    for _ in range(steps):
        chance = 1 / (1 + np.exp(-inputs @ weights))
        weights = weights + 0.01 * ((shares * (labels - chance)) @ inputs - strength * (weights - start))
    return weights


def report(cases: list[Case], marks: list[bool]) -> str:
    groups: dict[str, list[bool]] = {}
    for case, mark in zip(cases, marks, strict=True):
        kind = " stripped" if case.name.endswith(" without") else ""
        groups.setdefault(case.group + kind, []).append(mark)
    return "  ".join(f"{group} {100 * sum(one) / len(one):.1f} of {len(one)}" for group, one in groups.items())


def right(case: Case, weights: Matrix) -> bool:
    return bool(case.measures @ weights > 0) == case.label


def _is_fitted(case: Case) -> bool:
    """Half of the files of --more, by a hash of their names."""
    return zlib.crc32(case.name.removesuffix(" without").encode()) % 2 == 0


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--data", type=Path, default=Path("/work/shared/data/dialects"))
    options.add_argument("--labels", type=Path, help="JSON: corpus -> file (or *) -> true or false")
    options.add_argument("--more", type=Path, nargs="*", default=[])
    options.add_argument("--folds", type=int, default=5)
    asked = options.parse_args()
    cases = labelled(asked.data, asked.labels)
    more = [
        case
        for folder in asked.more
        for path in sorted(folder.iterdir())
        for case in cases_of(path, folder.name, True, 1.0)
    ]
    half = [Case(case.name, case.group, case.measures, case.label, 0.15) for case in more if _is_fitted(case)]
    more = [case for case in more if not _is_fitted(case)]
    cases += half
    now = np.array([WEIGHTS[name] for name in NAMES])
    print("now:     ", report(cases, [right(case, now) for case in cases]))
    print("now more:", report(more, [right(case, now) for case in more]))
    order = list(range(len(cases)))
    random.Random(3).shuffle(order)
    marks = [False] * len(cases)
    for fold in range(asked.folds):
        out = set(order[fold :: asked.folds])
        weights = fit([case for at, case in enumerate(cases) if at not in out])
        for at in out:
            marks[at] = right(cases[at], weights)
    print("held out:", report(cases, marks))
    weights = fit(cases)
    print("fitted:  ", report(cases, [right(case, weights) for case in cases]))
    print("more:    ", report(more, [right(case, weights) for case in more]))
    for name, value in zip(NAMES, weights, strict=True):
        print(f'    "{name}": {value:.2f},')
    for case in cases:
        if not right(case, weights) and case.weight > 0.5:
            print(
                "missed",
                case.label,
                case.name,
                {key: round(float(value), 2) for key, value in zip(NAMES, case.measures, strict=True) if value},
            )


if __name__ == "__main__":
    main()
