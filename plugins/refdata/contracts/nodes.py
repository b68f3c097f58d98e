"""YAML as nodes that know their lines and keep the original text: ``NO`` is a country, not false."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import yaml

from refdata.core.errors import ConfigurationError

LARGEST = 2_000_000
"""Maximum characters of a contract file or descriptor."""

DEEPEST = 30
"""Maximum levels of nesting."""

MOST = 200_000
"""Maximum number of values, counting each alias as its content."""

_TAG = "tag:yaml.org,2002:"
_TAGS = frozenset(("str", "int", "float", "bool", "null", "timestamp", "map", "seq", "merge", "value"))


class Form(StrEnum):
    """The three forms of a node."""

    MAPPING = "a mapping"
    LIST = "a list"
    SCALAR = "a single value"


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a document.

    ``text`` is a scalar's text as written, without its quotes; ``tag`` is what YAML makes of it (``str``, ``int``,
    ``bool``, ``null`` …). ``pairs`` and ``items`` have the content. ``line`` counts from 1.
    """

    form: Form
    line: int
    text: str = ""
    tag: str = "str"
    pairs: tuple[tuple[Node, Node], ...] = ()
    items: tuple[Node, ...] = field(default=())

    @property
    def is_empty(self) -> bool:
        """Whether nothing is written after the key."""
        return self.form is Form.SCALAR and self.tag == "null" and not self.text

    def get(self, name: str) -> Node | None:
        """The value of a key of a mapping, or None."""
        return next((value for key, value in self.pairs if key.text == name), None)


def parse(text: str, source: str) -> Node:
    """The root node of YAML or JSON text.

    :param source: the file's name, for messages.
    :raises ConfigurationError: when it is neither, with the line.
    """
    if len(text) > LARGEST:
        raise _unreadable(f"it has more than {LARGEST:,} characters", source)
    # JSON may be indented with tabs, which YAML does not allow; within its strings a tab is written \t.
    if text.lstrip("\ufeff \t\r\n").startswith(("{", "[")):
        text = text.replace("\t", " ")
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        problem, line = yaml_problem(error)
        raise _unreadable(problem, f"{source}, line {line}" if line else source) from None
    return _Converter(source).node(root) if root is not None else Node(Form.MAPPING, 1)


def yaml_problem(error: yaml.YAMLError) -> tuple[str, int]:
    """The error in a text that is not YAML, and its line (from 1; 0 if unknown); never quotes the text."""
    mark = getattr(error, "problem_mark", None)
    return str(getattr(error, "problem", None) or "it is not YAML"), mark.line + 1 if mark else 0


@dataclass(slots=True)
class _Converter:
    """Converts PyYAML's nodes; counts them, because aliases can expand a short text to any length."""

    source: str
    count: int = 0

    def node(self, raw: yaml.Node, depth: int = 0) -> Node:
        line = raw.start_mark.line + 1
        self.count += 1
        if depth > DEEPEST:
            raise _unreadable(f"it is nested more than {DEEPEST} levels deep", f"{self.source}, line {line}")
        if self.count > MOST:
            raise _unreadable(f"it has more than {MOST:,} values", f"{self.source}, line {line}")
        tag = raw.tag.removeprefix(_TAG)
        if tag not in _TAGS:
            raise _unreadable(f"it has the tag {raw.tag}, which is none of YAML's own", f"{self.source}, line {line}")
        if isinstance(raw, yaml.MappingNode):
            return Node(Form.MAPPING, line, tag=tag, pairs=self._pairs(raw, depth))
        if isinstance(raw, yaml.SequenceNode):
            return Node(Form.LIST, line, tag=tag, items=tuple(self.node(item, depth + 1) for item in raw.value))
        return Node(Form.SCALAR, line, text=_whole(str(raw.value)), tag=tag)

    def _pairs(self, raw: yaml.MappingNode, depth: int) -> tuple[tuple[Node, Node], ...]:
        lines: dict[str, int] = {}
        pairs = []
        for raw_key, raw_value in raw.value:
            key = self.node(raw_key, depth + 1)
            where = f"{self.source}, line {key.line}"
            if key.form is not Form.SCALAR:
                raise _unreadable("a key is not a single word", where)
            if key.text in lines:
                raise _unreadable(f"key {key.text} is written twice, on lines {lines[key.text]} and {key.line}", where)
            lines[key.text] = key.line
            pairs.append((key, self.node(raw_value, depth + 1)))
        return tuple(pairs)


def _whole(text: str) -> str:
    """A text in which JSON's pairs of escapes (``\\ud83d\\ude00``) are replaced with the character that they mean."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _unreadable(what: str, where: str) -> ConfigurationError:
    return ConfigurationError(
        f"The contract cannot be read: {what}", where=where, advice="Correct that line; the file is YAML or JSON."
    )
