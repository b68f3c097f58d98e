"""Fit the weights of ``refdata.csvformat.score`` and show what they are worth on files not fitted.

usage: PYTHONPATH=plugins:benchmarks python benchmarks/fit_dialect_weights.py [--data DIR] [--synthetic N]

The model is a conditional logit: the chance of a dialect among the candidates of its file. A candidate is
right when it gives the rows of the annotated dialect. Files are split into folds; the table shows the
share of files whose best candidate is right, fitted on the other folds. DIR contains annotations.jsonl and
the files, as /work/shared/data/dialects does (not part of the project).
"""

from __future__ import annotations

import argparse
import csv
import json
import random
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from refdata.core.errors import RefdataError
from refdata.csvformat.detection import read_text
from refdata.csvformat.dialects import Dialect, rows_of
from refdata.csvformat.ranking import SCORED_CHARACTERS, rank_dialects
from refdata.csvformat.sample import read_sample
from refdata.csvformat.score import WEIGHTS
from synthetic_csv import synthetic_file

NAMES = tuple(WEIGHTS)
Matrix = NDArray[np.float64]


@dataclass
class Case:
    name: str
    group: str
    measures: Matrix
    right: NDArray[np.bool_]
    dialects: list[Dialect]


def case_of(name: str, group: str, text: str, truth: Dialect) -> Case | None:
    ranked = rank_dialects(text)
    part = text[:SCORED_CHARACTERS]
    wanted = [row.cells for row in rows_of(part, truth)]
    measures = np.array([[one.evidence.measures()[key] for key in NAMES] for one in ranked])
    right = np.array(
        [
            [row.cells for row in rows_of(part, replace(one.dialect, skip_initial_space=False))] == wanted
            for one in ranked
        ]
    )
    if not right.any():
        print("no candidate is right:", name, truth)
        return None
    return Case(name, group, measures, right, [one.dialect for one in ranked])


def real_cases(data: Path) -> list[Case]:
    cases = []
    for line in (data / "annotations.jsonl").read_text("utf-8").splitlines():
        note = json.loads(line)
        if note["delimiter"] not in (",", ";", "|", "\t"):
            continue
        sample = read_sample(data / note["file"])
        try:
            text = read_text(sample, "cp1252").head
        except RefdataError as error:
            print("not read:", note["file"], error)
            continue
        escape = "\\" if note["escape"] == "\\" else ""
        cases.append(
            case_of(note["file"], note["file"].split("/")[0], text, Dialect(note["delimiter"], note["quote"], escape))
        )
    return [case for case in cases if case]


def synthetic_cases(count: int) -> list[Case]:
    files = ((seed, synthetic_file(seed)) for seed in range(count))
    cases = (
        case_of(f"seed {seed}", "synthetic", one.text, Dialect(one.delimiter, one.quote, one.escape))
        for seed, one in files
    )
    return [case for case in cases if case]


def fit(cases: list[Case], start: Matrix, strength: float, steps: int = 400) -> Matrix:
    """Gradient ascent (Adam) on the log chance of the right candidates, tied to ``start``."""
    weights = start.copy()
    mean, square = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, steps + 1):
        slope = -strength * (weights - start)
        for case in cases:
            chance = softmax(case.measures @ weights)
            inside = chance * case.right
            total = inside.sum()
            slope += weight_of(case) * ((inside / max(total, 1e-12) - chance) @ case.measures)
        mean, square = 0.9 * mean + 0.1 * slope, 0.999 * square + 0.001 * slope**2
        weights = weights + 0.05 * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
    return weights


def weight_of(case: Case) -> float:
    return 0.25 if case.group == "synthetic" else 0.3 if case.group == "w3c_csvw" else 1.0


def softmax(scores: Matrix) -> Matrix:
    chance = np.exp(scores - scores.max())
    normed: Matrix = chance / chance.sum()
    return normed


def hit(case: Case, weights: Matrix) -> bool:
    return bool(case.right[int(np.argmax(case.measures @ weights))])


def shares(cases: list[Case], hits: dict[str, bool]) -> str:
    groups: dict[str, list[bool]] = {}
    for case in cases:
        groups.setdefault(case.group, []).append(hits[case.name])
    return "  ".join(f"{group} {100 * sum(marks) / len(marks):.1f}" for group, marks in groups.items())


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--data", type=Path, default=Path("/work/shared/data/dialects"))
    options.add_argument("--synthetic", type=int, default=600)
    options.add_argument("--folds", type=int, default=5)
    options.add_argument("--strength", type=float, default=1.0)
    asked = options.parse_args()
    csv.field_size_limit(1 << 30)
    cases = real_cases(asked.data) + synthetic_cases(asked.synthetic)
    start = np.array([WEIGHTS[name] for name in NAMES])
    print("now:    ", shares(cases, {case.name: hit(case, start) for case in cases}))
    order = list(range(len(cases)))
    random.Random(7).shuffle(order)
    held: dict[str, bool] = {}
    for fold in range(asked.folds):
        out = set(order[fold :: asked.folds])
        weights = fit([case for at, case in enumerate(cases) if at not in out], start, asked.strength)
        held |= {cases[at].name: hit(cases[at], weights) for at in out}
    print("held out:", shares(cases, held))
    weights = fit(cases, start, asked.strength)
    print("fitted: ", shares(cases, {case.name: hit(case, weights) for case in cases}))
    for name, value in zip(NAMES, weights, strict=True):
        print(f'    "{name}": {value:.2f},')
    for case in cases:
        if not hit(case, weights) and case.group != "synthetic":
            print("missed", case.name, case.dialects[int(np.argmax(case.measures @ weights))])
    missed = [case for case in cases if case.group == "synthetic" and not hit(case, weights)]
    for case in missed[:25]:
        print("missed", case.name, case.dialects[int(np.argmax(case.measures @ weights))])


if __name__ == "__main__":
    main()
