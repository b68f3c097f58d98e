"""The kinds of values that keys of a contract have: how each is read, described, and stated in JSON Schema."""

from __future__ import annotations

import codecs
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from refdata.contracts.nodes import Form, Node

_TRUE, _FALSE = ("true", "yes", "on"), ("false", "no", "off")


class BadValueError(Exception):
    """A value that its key does not accept; the text says what is allowed. Never leaves the package."""


class ValueKind(ABC):
    """How a value is written."""

    def read(self, node: Node) -> Any:
        """The value of a node.

        :raises BadValueError: saying what is allowed.
        """
        return self._read(node)

    def schema(self) -> dict[str, Any]:
        """The kind in JSON Schema."""
        return self._schema()

    @abstractmethod
    def _read(self, node: Node) -> Any: ...

    @abstractmethod
    def _schema(self) -> dict[str, Any]: ...


def _scalar(node: Node, allowed: str) -> str:
    if node.form is not Form.SCALAR:
        raise BadValueError(f"it must be {allowed}, not {node.form}")
    if node.is_empty:
        raise BadValueError(f"it is empty; it must be {allowed}")
    return node.text


@dataclass(frozen=True, slots=True)
class Text(ValueKind):
    """A text; a plain number or a word such as ``no`` is kept as written."""

    allowed: str = "a text"
    pattern: str = ""
    least: int = 1
    most: int = 4000

    def _read(self, node: Node) -> str:
        text = _scalar(node, self.allowed)
        fits = self.least <= len(text) <= self.most and (not self.pattern or re.fullmatch(self.pattern, text))
        if not fits:
            raise BadValueError(f"{text!r} is not {self.allowed}")
        return text

    def _schema(self) -> dict[str, Any]:
        limits = {"minLength": self.least} if self.least else {}
        return {"type": "string", **limits, **({"pattern": f"^({self.pattern})$"} if self.pattern else {})}


@dataclass(frozen=True, slots=True)
class CodecName(ValueKind):
    """The name of an encoding that Python knows."""

    def _read(self, node: Node) -> str:
        allowed = "an encoding that Python knows, such as utf-8 or cp1252"
        name = _scalar(node, allowed)
        try:
            text_codec = codecs.lookup(name)._is_text_encoding  # noqa: SLF001  no public way to detect base64
        except (LookupError, ValueError):
            text_codec = False
        if not text_codec:
            raise BadValueError(f"{name!r} is not {allowed}")
        return name

    def _schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1}


@dataclass(frozen=True, slots=True)
class Flag(ValueKind):
    """True or false."""

    def _read(self, node: Node) -> bool:
        word = _scalar(node, "true or false").lower()
        if node.tag != "bool" or word not in (*_TRUE, *_FALSE):
            raise BadValueError(f"{node.text!r} is not true or false")
        return word in _TRUE

    def _schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Whole(ValueKind):
    """A whole number."""

    least: int = 0

    def _read(self, node: Node) -> int:
        allowed = f"a whole number, {self.least} or more"
        text = _scalar(node, allowed)
        if node.tag not in ("int", "str") or not re.fullmatch(r"\d{1,12}", text) or int(text) < self.least:
            raise BadValueError(f"{text!r} is not {allowed}")
        return int(text)

    def _schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.least}


@dataclass(frozen=True, slots=True)
class Number(ValueKind):
    """A number between two limits."""

    least: float = 0.0
    most: float = 1e9

    def _read(self, node: Node) -> float:
        allowed = f"a number between {self.least:.12g} and {self.most:.12g}"
        text = _scalar(node, allowed)
        fits = re.fullmatch(r"\d{1,12}(\.\d+)?|\.\d+", text) is not None
        if not fits or not self.least <= float(text) <= self.most:
            raise BadValueError(f"{text!r} is not {allowed}")
        return float(text)

    def _schema(self) -> dict[str, Any]:
        return {"type": "number", "minimum": self.least, "maximum": self.most}


@dataclass(frozen=True, slots=True)
class OneOf(ValueKind):
    """One of a closed list of words; also as a list of one, as in the profile of ``fieldsMatch``."""

    words: type[StrEnum]
    may_be_listed: bool = False

    def _read(self, node: Node) -> StrEnum:
        if self.may_be_listed and node.form is Form.LIST and len(node.items) == 1:
            node = node.items[0]
        allowed = f"one of {', '.join(self.words)}"
        text = _scalar(node, allowed)
        if text not in set(self.words):
            raise BadValueError(f"{text!r} is not {allowed}")
        return self.words(text)

    def _schema(self) -> dict[str, Any]:
        words: list[str | None] = [word.value for word in self.words]
        # YAML reads a bare `null` as nothing at all; editors check what YAML reads.
        one: dict[str, Any] = {"enum": [*words, *([None] if "null" in words else [])]}
        return {"anyOf": [one, {"type": "array", "items": one, "maxItems": 1}]} if self.may_be_listed else one


@dataclass(frozen=True, slots=True)
class Texts(ValueKind):
    """A list of texts, each as written; ``alone``: a single one needs no list."""

    least: int = 0
    alone: bool = False
    labelled: bool = False

    def _read(self, node: Node) -> tuple[str, ...]:
        nodes = (node,) if self.alone and node.form is Form.SCALAR and not node.is_empty else node.items
        if node.form is Form.MAPPING or (node.form is Form.SCALAR and not nodes):
            raise BadValueError(f"it must be a list of texts, not {node.form}")
        if len(nodes) < self.least:
            raise BadValueError("the list is empty")
        return tuple(self._text(one) for one in nodes)

    def _text(self, node: Node) -> str:
        if self.labelled and node.form is Form.MAPPING:
            node = node.get("value") or node
        if node.form is not Form.SCALAR:
            raise BadValueError(f"it must be a list of texts, and one of them is {node.form}")
        return node.text

    def _schema(self) -> dict[str, Any]:
        # What YAML reads as a number or a keyword is kept as the original text.
        item: dict[str, Any] = {"type": ["string", "number", "boolean", "null"]}
        if self.labelled:
            labels = {"value": {"type": "string"}, "label": {"type": "string"}}
            item = {"anyOf": [item, {"type": "object", "required": ["value"], "properties": labels}]}
        listed = {"type": "array", "items": item, "minItems": self.least}
        return {"anyOf": [listed, {"type": "string"}]} if self.alone else listed


@dataclass(frozen=True, slots=True)
class RowNumbers(ValueKind):
    """Numbers of rows, from 1."""

    def _read(self, node: Node) -> tuple[int, ...]:
        if node.form is not Form.LIST:
            raise BadValueError(f"it must be a list of row numbers such as [1, 2], not {node.form}")
        numbers = tuple(Whole(1).read(item) for item in node.items)
        if list(numbers) != sorted(set(numbers)):
            raise BadValueError("the row numbers must increase")
        return numbers

    def _schema(self) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "integer", "minimum": 1}}


@dataclass(frozen=True, slots=True)
class NameLists(ValueKind):
    """A list of lists of names."""

    def _read(self, node: Node) -> tuple[tuple[str, ...], ...]:
        if node.form is not Form.LIST:
            raise BadValueError(f"it must be a list of lists such as [[country, year]], not {node.form}")
        return tuple(Texts(least=1).read(item) for item in node.items)

    def _schema(self) -> dict[str, Any]:
        names = {"type": "array", "minItems": 1, "items": {"type": "string"}}
        return {"type": "array", "minItems": 1, "items": names}


@dataclass(frozen=True, slots=True)
class Limit(ValueKind):
    """A number, a date or a time, kept as it is written."""

    def _read(self, node: Node) -> str:
        return _scalar(node, "a number, a date or a time")

    def _schema(self) -> dict[str, Any]:
        return {"type": ["string", "number"]}


@dataclass(frozen=True, slots=True)
class Anything(ValueKind):
    """A property of the standard that refdata does not use; it is left unchanged."""

    def _read(self, node: Node) -> None:  # noqa: ARG002  the interface
        return None

    def _schema(self) -> dict[str, Any]:
        return {}
