"""Advice for stewards: what a person without a shell and without the settings can do."""

from __future__ import annotations

import re
from dataclasses import fields
from functools import lru_cache

from refdata.core.errors import sentence as sentence_of
from refdata.core.settings import specs
from refdata.core.tablerules import TableRules

ASK = "Ask those who administer refdata."

_SENTENCES = re.compile(r"(?<=[.!?])\s+(?=[A-Z`])")
_CLAUSES = re.compile(r"(; |, or |: (?=`))")
_ASIDE = re.compile(r"\s*\([^()]*\)")
_COMMAND = re.compile(r"`(refdata|airflow|pip|apt-get)\b[^`]*`|\btables\.yaml\b")
_FOR_OTHERS = re.compile(r"\bask (an|your) (administrator|DBA)\b", re.IGNORECASE)


def plain_advice(advice: str) -> str:
    """The parts of an advice that name no command, no setting and no file of rules; if none is left, whom to ask.

    A part that says whom to ask stays whole.

    >>> plain_advice("Fix the listed lines, or allow some with max_rejected_rows.")
    'Fix the listed lines.'
    >>> plain_advice("`refdata tables` lists the loaded ones."), plain_advice("")
    ('Ask those who administer refdata.', '')
    """
    kept = filter(None, map(_plain, _SENTENCES.split(advice)))
    return " ".join(kept) or (ASK if advice else "")


def _plain(sentence: str) -> str:
    text = _ASIDE.sub(lambda aside: "" if _is_technical(aside[0]) else aside[0], sentence)
    first, *others = _CLAUSES.split(text)
    kept = "" if _is_technical(first) else first
    for divider, part in zip(others[::2], others[1::2], strict=True):
        if not _is_technical(part):
            kept = f"{kept}{divider}{part}" if kept else part
    return sentence_of(kept[:1].upper() + kept[1:])


def _is_technical(part: str) -> bool:
    return not _FOR_OTHERS.search(part) and bool(_COMMAND.search(part) or _names().search(part))


@lru_cache(maxsize=1)
def _names() -> re.Pattern[str]:
    """The settings and the rules of tables that no other word is spelt like, and those in code marks."""
    names = {spec.name for spec in specs()} | {spec.name for spec in fields(TableRules)}
    spelt = "|".join(sorted(names, key=len, reverse=True))
    return re.compile(rf"\b({'|'.join(name for name in names if '_' in name)})\b|`({spelt})`")
