"""The JSON Schema of contract files, for editors, made from the list of keys."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from refdata.contracts.files import SCHEMA_FILE
from refdata.contracts.keys import CONTRACT, Key

PACKAGED = Path(__file__).with_name(SCHEMA_FILE)
"""The copy that ships with refdata; ``scripts/write_contract_keys.py`` writes it."""


def json_schema() -> dict[str, Any]:
    """The schema, draft 7 as the profiles of Data Package."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "refdata contract",
        "description": "A table's contract: a Data Package resource (version 2) with what refdata adds.",
        **_section(CONTRACT),
    }


def as_text() -> str:
    """The schema as it is written to a file."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _section(keys: Sequence[Key]) -> dict[str, Any]:
    needed = [key.name for key in keys if key.needed]
    return {
        "type": "object",
        "properties": {key.name: _property(key) for key in keys},
        # The standard allows custom properties; their form distinguishes them from mistakes.
        "patternProperties": {"^x-": {}, ":": {}},
        "additionalProperties": False,
        **({"required": needed} if needed else {}),
    }


def _property(key: Key) -> dict[str, Any]:
    if not key.section:
        return {"description": key.meaning, **(key.kind.schema() if key.kind else {})}
    below = _section(key.section)
    return {"description": key.meaning, **({"type": "array", "items": below} if key.listed else below)}
