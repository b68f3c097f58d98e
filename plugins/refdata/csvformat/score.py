"""The score of a dialect: a weighted sum of its measures, the logarithm of its odds.

The weights were fitted as a conditional logit (the chance of a dialect among a file's candidates) by
``benchmarks/fit_dialect_weights.py``, cross-validated over files, then rounded.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from refdata.csvformat.evidence import Evidence

WEIGHTS: Mapping[str, float] = {
    "uniform": 2.4,
    "steady": 0.4,
    "width": 1.0,
    "one_column": 0.0,
    "typed": 1.7,
    "broken": -4.0,
    "alike": 0.7,
    "placed": 2.2,
    "enclosed": 0.6,
    "wrapped": -1.1,
    "leftover": -0.9,
    "apostrophe_stray": -10.0,
    "apostrophe": -0.5,
    "unquoted": -3.3,
    "comma": 1.0,
    "semicolon": 0.5,
    "tab": 0.8,
    "pipe": 0.0,
}


def score(evidence: Evidence) -> float:
    """The logarithm of a dialect's odds; only differences between dialects of one file have a meaning."""
    if not evidence.shape.rows:
        return -50.0
    return sum(WEIGHTS[name] * value for name, value in evidence.measures().items())


def chances(scores: Sequence[float]) -> list[float]:
    """The chance of each dialect, which add up to 1."""
    highest = max(scores)
    weights = [math.exp(one - highest) for one in scores]
    return [weight / sum(weights) for weight in weights]
