"""Texts are plain, current English: a few words that a native reader stumbles over stay out."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).parents[2]
FOLDERS = ("plugins", "dags", "docs", "include", "scripts", "docker", "benchmarks", "tests")
PAGES = ("README.md", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
SUFFIXES = (".py", ".md", ".sql", ".js", ".html")

INSTEAD = {
    r"\b(tell|tells|told)\b": "report, show, state, distinguish",
    r"\banew\b": "again",
    r"\bmend(s|ed|ing)?\b": "fix, repair",
    r"\bdeeds?\b": "action",
    r"\b(lies|lie|bears|borne)\b": "is, has",
    r"\b(whereof|thereof|therein|wherein|hither|thither|forthwith|lest)\b": "a plain word",
    r"\ball the same\b": "anyway, nevertheless",
    r"\band the like\b": "such as",
    r"\bis no more\b|\bno more than it\b": "no longer",
}
"""A pattern, and what to write instead."""

# Names in code, and files whose words are data.
NAMES = re.compile(r"tell_recovery")
DATA = re.compile(r"__pycache__|^tests/(cases/|unit/test_english\.py)|^include/samples/")


def texts() -> Iterator[tuple[str, int, str]]:
    """Each line of prose in the repository: its file, its number, and the line."""
    folders = (path for folder in FOLDERS for path in (PROJECT / folder).rglob("*"))
    for path in (*folders, *(PROJECT / page for page in PAGES)):
        name = path.relative_to(PROJECT).as_posix()
        if path.suffix in SUFFIXES and not DATA.search(name):
            text = path.read_text(encoding="utf-8")
            for number, line in prose(text) if path.suffix == ".py" else enumerate(text.splitlines(), 1):
                yield name, number, line


def prose(text: str) -> Iterator[tuple[int, str]]:
    """The lines of comments and strings in Python code."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in (tokenize.COMMENT, tokenize.STRING):
            yield from enumerate(token.string.splitlines(), token.start[0])


def test_texts_use_plain_words() -> None:
    rules = {re.compile(pattern, re.IGNORECASE): instead for pattern, instead in INSTEAD.items()}
    faults = [
        f"{name}:{number}: {line.strip()!r}: {instead}"
        for name, number, line in texts()
        for rule, instead in rules.items()
        if rule.search(line) and not NAMES.search(line)
    ]
    assert faults == []
