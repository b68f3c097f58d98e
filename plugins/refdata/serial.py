"""Converts the model's dataclasses to and from JSON, for XCom and the ledger."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from refdata.core.errors import ConfigurationError

T = TypeVar("T")


def to_json(value: Any) -> dict[str, Any]:
    """A dataclass as plain JSON types."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(value)))
    return plain


def from_json(kind: type[T], value: object) -> T:
    """The dataclass that ``to_json`` converted.

    :raises ConfigurationError: naming the invalid fields.
    """
    try:
        made: T = _adapter(cast(Any, kind)).validate_python(value)
    except ValidationError as error:
        places = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise ConfigurationError(
            f"Not a valid {kind.__name__}: {places}", where="task input", advice="Clear the run from its first task."
        ) from None
    return made


def prepare(*kinds: type[Any]) -> None:
    """Builds what ``from_json`` needs for some kinds, in a process from which others are forked."""
    for kind in kinds:
        _adapter(cast(Any, kind))


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
