"""The score of a dialect: a weighted sum of its measures, the logarithm of its odds.

The weights were fitted as a conditional logit (the chance of a dialect among a file's candidates) by
``benchmarks/fit_dialect_weights.py``, cross-validated over files, then rounded. Those of the table's earlier files
(``known_…``) are set by hand: they outweigh the evidence of a small file, but not that of a clear one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from refdata.csvformat.evidence import DialectEvidence

WEIGHTS: Mapping[str, float] = {
    "uniform": 2.7,
    "steady": 0.2,
    "width": 0.95,
    "one_column": 0.1,
    "typed": 1.6,
    "broken": -4.0,
    "alike": 0.4,
    "placed": 2.3,
    "enclosed": 0.7,
    "wrapped": -1.2,
    "leftover": -1.2,
    "apostrophe_stray": -10.0,
    "loose": -1.8,
    "apostrophe": -0.4,
    "unquoted": -3.8,
    "comma": 1.1,
    "semicolon": 0.5,
    "tab": 1.1,
    "pipe": 0.1,
    "headed": 4.0,
    "swallowed": -8.0,
    "known_delimiter": 2.5,
    "known_quotes": 3.0,
    "known_header": 6.0,
}


def score(evidence: DialectEvidence) -> float:
    """The logarithm of a dialect's odds; only differences between dialects of one file are meaningful."""
    if not evidence.shape.rows:
        return -50.0
    return sum(WEIGHTS[name] * value for name, value in evidence.measures().items())


def chances(scores: Sequence[float]) -> list[float]:
    """The chance of each dialect, which add up to 1."""
    highest = max(scores)
    weights = [math.exp(one - highest) for one in scores]
    return [weight / sum(weights) for weight in weights]
