"""Converts a contract to and from plain JSON types, as stored in the database.

The document states the version of its form. An earlier release ignores additions of a later one (both may run side by
side); a form that an earlier release would misread gets a new version.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from refdata.core.contract import Contract
from refdata.core.errors import ConfigurationError

VERSION = 1
"""Version of the documents' form."""

T = TypeVar("T")


def to_document(contract: Contract) -> dict[str, Any]:
    """The contract as plain JSON types, without unstated facts.

    >>> to_document(Contract(table="airports", encoding="cp1252"))
    {'version': 1, 'contract': {'table': 'airports', 'encoding': 'cp1252'}}
    """
    return {"version": VERSION, "contract": _plain(contract)}


def from_document(document: object) -> Contract:
    """The contract that ``to_document`` wrote.

    :raises ConfigurationError: when it is not such a document, or has a later form.
    """
    if not isinstance(document, Mapping) or not isinstance(document.get("version"), int):
        raise _unreadable("it is not a contract")
    if document["version"] != VERSION:
        raise _unreadable(f"it has form {document['version']}, and this release reads form {VERSION}")
    try:
        return _read(Contract, document.get("contract"))
    except (TypeError, ValueError, KeyError) as error:
        raise _unreadable(f"part of it cannot be read ({error})") from error


def _unreadable(why: str) -> ConfigurationError:
    return ConfigurationError(
        f"The stored contract cannot be used: {why}",
        where="stored contract",
        advice="Upgrade refdata on this machine to the release that wrote it.",
    )


def _plain(value: object) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        parts = ((spec, getattr(value, spec.name)) for spec in fields(value))
        return {spec.name: _plain(part) for spec, part in parts if part != _default(spec)}
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    return value


def _default(spec: Field[Any]) -> object:
    return spec.default if spec.default_factory is MISSING else spec.default_factory()


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _read(kind: type[T], value: object) -> T:
    if not isinstance(value, Mapping):
        raise TypeError(f"{kind.__name__} is not an object")
    hints = _hints(cast("Any", kind))
    parts = {name: _value(hints[name], part) for name, part in value.items() if name in hints}
    return kind(**parts)


def _value(hint: Any, value: object) -> Any:
    outer, inner = get_origin(hint), get_args(hint)
    if outer in (Union, types.UnionType):
        return _choice(inner, value)
    if outer is tuple:
        return tuple(_value(inner[0], part) for part in _expect(list, value))
    if outer is not None:
        return {name: _value(inner[1], part) for name, part in _expect(dict, value).items()}
    if issubclass(hint, StrEnum):
        return hint(value)
    if is_dataclass(hint):
        return _read(cast("type[Any]", hint), value)
    return float(_expect(int, value)) if hint is float and type(value) is int else _expect(hint, value)


def _choice(hints: tuple[Any, ...], value: object) -> Any:
    """The value read as whichever of the types matches its JSON kind."""
    if value is None and type(None) in hints:
        return None
    for hint in hints:
        outer = get_origin(hint) or hint
        kind = list if outer is tuple else dict if is_dataclass(outer) else str if issubclass(outer, StrEnum) else outer
        if type(value) is kind or (kind is float and type(value) is int):
            return _value(hint, value)
    raise TypeError(f"{value!r} matches none of the expected types")


def _expect(kind: type, value: object) -> Any:
    if type(value) is not kind:
        raise TypeError(f"{value!r} is not a {kind.__name__}")
    return value
