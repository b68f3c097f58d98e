"""A SQL statement as core's plans return it and a session runs it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement with its values in order."""

    sql: str
    values: tuple[object, ...] = ()
