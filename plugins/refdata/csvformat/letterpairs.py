"""How likely a word is in each of some forty languages, by its pairs of letters.

The model is ``letterpairs.txt``, fitted by ``benchmarks/fit_letter_pairs.py``. It is read when a file first needs it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

_MODEL = Path(__file__).with_name("letterpairs.txt")
_ENTRY = 3
_NO_LEVEL = 35
_STEP = -0.25

FOREIGN = -11.0
"""The log chance of a letter that a language does not write."""

_NO_LETTER = re.compile(r"[^\w\u0300-\u036f\u0591-\u05c7\u064b-\u0652\u0e31-\u0e4e]+|[\d_]+")

Scores = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _LetterPairs:
    """Log chances of letters by language.

    ``pairs`` gives the row of a pair in ``listed``, and ``letters`` that of a letter in ``alone`` (its own chance) and
    in ``spare`` (the chance of its pairs that are not listed). Each has a column for each of ``languages``. The first
    row of ``listed`` means a pair that no language lists, the first of the others a letter that none writes.
    ``characters`` are the frequent ones of the languages with thousands of them.
    """

    languages: tuple[str, ...]
    letters: dict[str, int]
    pairs: dict[str, int]
    alone: Scores
    spare: Scores
    listed: Scores
    characters: dict[str, dict[str, float]]

    def scores(self, words: Sequence[str]) -> Scores:
        """The log chance of each word, in small letters, in each language.

        Whatever is neither letter nor mark ends a word; a text of several words counts as one. A text without letters
        is as likely in one language as in another: 0.
        """
        pairs: list[str] = []
        starts = []
        for word in words:
            starts.append(len(pairs))
            edged = f" {_NO_LETTER.sub(' ', word).strip()} "
            pairs += map("".join, itertools.pairwise(edged))
        scores: Scores = np.add.reduceat(self._pair_scores(pairs), starts, axis=0)
        scores[[at for at, start in enumerate(starts) if pairs[start] == "  "]] = 0.0
        return scores

    def _pair_scores(self, pairs: Sequence[str]) -> Scores:
        rows = np.fromiter((self.pairs.get(pair, 0) for pair in pairs), np.intp, len(pairs))
        scores = self.listed[rows]
        unlisted = np.flatnonzero(rows == 0).tolist()
        if unlisted:
            first = [self.letters.get(pairs[at][0], 0) for at in unlisted]
            second = [self.letters.get(pairs[at][1], 0) for at in unlisted]
            scores[unlisted] = self.spare[first] + self.alone[second]
        return scores


@lru_cache(maxsize=1)
def letter_pairs() -> _LetterPairs:
    """The model."""
    model = [line.split("\t") for line in _MODEL.read_text("utf-8").splitlines()]
    lines = [line for line in model if line[2]]
    characters = {line[0]: {one[0]: _log_chance(one[1]) for one in _entries(line[1])} for line in model if not line[2]}
    letters = _rows(entry[0] for line in lines for entry in _entries(line[1]))
    pairs = _rows(entry[:2] for line in lines for entry in _entries(line[2]))
    alone = np.full((len(letters) + 1, len(lines)), FOREIGN, np.float32)
    spare = np.full((len(letters) + 1, len(lines)), -1.0, np.float32)
    for at, line in enumerate(lines):
        entries = _entries(line[1])
        rows = [letters[entry[0]] for entry in entries]
        alone[rows, at] = [_log_chance(entry[1]) for entry in entries]
        spare[rows, at] = [_log_chance(entry[2]) for entry in entries]
    first, second = ([0] + [letters[pair[at]] for pair in pairs] for at in (0, 1))
    listed = spare[first] + alone[second]
    for at, line in enumerate(lines):
        entries = _entries(line[2])
        listed[[pairs[entry[:2]] for entry in entries], at] = [_log_chance(entry[2]) for entry in entries]
    return _LetterPairs(tuple(line[0] for line in lines), letters, pairs, alone, spare, listed, characters)


def _entries(text: str) -> list[str]:
    return [text[at : at + _ENTRY] for at in range(0, len(text), _ENTRY)]


def _rows(keys: Iterable[str]) -> dict[str, int]:
    return {key: row for row, key in enumerate(dict.fromkeys(keys), 1)}


def _log_chance(level: str) -> float:
    return _STEP * (ord(level) - _NO_LEVEL)
