"""From nodes to values, section by section; every problem is recorded with its line and what is allowed there."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from refdata.contracts.keys import Key
from refdata.contracts.nodes import Form, Node
from refdata.contracts.values import BadValueError

MOST_SHOWN = 10
"""Problems that one message lists."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in a file: its line (from 1), the path of the key, and what is wrong, in words."""

    line: int
    path: str
    what: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.path}: {self.what}" if self.path else f"line {self.line}: {self.what}"


@dataclass(frozen=True, slots=True)
class Value:
    """A value and its line."""

    value: Any
    line: int


@dataclass(slots=True)
class ParsedSection:
    """The values of a section by their keys; sections below are ``ParsedSection``, lists of them ``list[Parsed]``."""

    line: int
    path: str
    values: dict[str, Value] = field(default_factory=dict)
    sections: dict[str, list[ParsedSection]] = field(default_factory=dict)

    def get(self, name: str) -> Any:
        """A value, or None."""
        value = self.values.get(name)
        return value.value if value else None

    def line_of(self, name: str) -> int:
        """The line of a key's value, else that of the section."""
        value = self.values.get(name)
        return value.line if value else self.line

    def section(self, name: str) -> ParsedSection:
        """The section below a key; an empty one if it is missing."""
        sections = self.sections.get(name)
        return sections[0] if sections else ParsedSection(self.line, _joined(self.path, name))


@dataclass(slots=True)
class Parser:
    """Reads sections; collects problems and ignored keys.

    :param strict: an unknown key is a problem; otherwise it is ignored, and listed in ``left_aside``.
    """

    strict: bool = True
    problems: list[Problem] = field(default_factory=list)
    left_aside: list[Problem] = field(default_factory=list)

    def note(self, line: int, path: str, what: str) -> None:
        """Adds a problem."""
        self.problems.append(Problem(line, path, what))

    def doubt(self, line: int, path: str, what: str) -> None:
        """Adds what is a problem in a contract of ours, and is left aside in a descriptor of others."""
        (self.problems if self.strict else self.left_aside).append(Problem(line, path, what))

    def section(self, node: Node, keys: Sequence[Key], path: str = "") -> ParsedSection:
        """The values of a mapping."""
        parsed = ParsedSection(node.line, path)
        if node.form is not Form.MAPPING:
            if not node.is_empty:
                self.note(node.line, path, f"it must be a mapping (`key: value` lines), not {node.form}")
            return parsed
        known = {key.name: key for key in keys}
        for name, value in node.pairs:
            if name.text in known:
                self._read(known[name.text], value, parsed)
            elif not _is_custom(name.text):
                self._unknown(name, path, list(known))
        for key in keys:
            if key.needed and key.name not in parsed.values and key.name not in parsed.sections:
                self.note(node.line, path, f"key {key.name} is missing: {key.meaning}")
        return parsed

    def _read(self, key: Key, node: Node, parsed: ParsedSection) -> None:
        path = _joined(parsed.path, key.name)
        if key.section:
            parsed.sections[key.name] = self._sections(key, node, path)
            return
        try:
            value = key.kind.read(node) if key.kind else None
        except BadValueError as error:
            self.note(node.line, path, str(error))
        else:
            parsed.values[key.name] = Value(value, node.line)

    def _sections(self, key: Key, node: Node, path: str) -> list[ParsedSection]:
        if not key.listed:
            return [self.section(node, key.section, path)]
        if node.form is not Form.LIST:
            if not node.is_empty:
                self.note(node.line, path, f"it must be a list, not {node.form}")
            return []
        return [self.section(item, key.section, f"{path}[{number}]") for number, item in enumerate(node.items, 1)]

    def _unknown(self, name: Node, path: str, known: list[str]) -> None:
        near = nearest(name.text, known)
        hint = f"did you mean {near}?" if near else f"known are {', '.join(one for one in known if one[0] != '$')}"
        self.doubt(name.line, path, f"unknown key {name.text}; {hint}")


def nearest(word: str, known: Sequence[str]) -> str:
    """The known word most similar to another, ``""`` if none is: ``delimeter`` is ``delimiter``."""
    folded = {_plain(one): one for one in known}
    closest = difflib.get_close_matches(_plain(word), folded, n=1, cutoff=0.7)
    return folded[closest[0]] if closest else ""


def _plain(word: str) -> str:
    return word.lower().replace("_", "").replace("-", "").replace(" ", "")


def _is_custom(name: str) -> bool:
    """Whether a key is a custom one, which the standard allows: ``dc:source`` or ``x-owner``."""
    return ":" in name or name.startswith("x-")


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
