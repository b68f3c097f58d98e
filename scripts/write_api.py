"""Writes docs/api.md from the docstrings of ``refdata.api``.

Run it after a change there: ``PYTHONPATH=plugins python scripts/write_api.py``. A test fails while the page differs.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from refdata import api, contractapi, questionapi

PAGE = Path(__file__).parents[1] / "docs" / "api.md"
_WITH_METHODS = (api.__name__, contractapi.__name__, questionapi.__name__)
HEAD = """# Python API

Written by `scripts/write_api.py` from the docstrings of `refdata.api`. Anything not listed here is private.

```python
from refdata.api import ReferenceData

data = ReferenceData.connect()
for table in data.tables():
    print(table.table_name, table.version_id)
```
"""


def page() -> str:
    """The page."""
    return HEAD + "".join(_described(name, getattr(api, name)) for name in api.__all__)


def _described(name: str, thing: Any) -> str:
    text = f"\n## `{name}`\n\n{_prose(thing)}\n"
    if thing.__module__ not in _WITH_METHODS:
        return text
    return text + "".join(f"\n### `{signature}`\n\n{prose}\n" for signature, prose in _methods(thing))


def _methods(kind: type) -> Iterator[tuple[str, str]]:
    for name, member in vars(kind).items():
        plain = member.__func__ if isinstance(member, (classmethod, staticmethod)) else member
        if name.startswith("_") or not inspect.isfunction(plain):
            continue
        found = inspect.signature(plain)
        arguments = [one for one in found.parameters.values() if one.name not in ("self", "cls")]
        yield f"{name}{found.replace(parameters=arguments)}".replace("'", ""), _prose(plain)


def _prose(thing: Any) -> str:
    """A docstring as Markdown: parameters and errors as a list."""
    text = (inspect.getdoc(thing) or "").replace("``", "`")
    fields = re.split(r"\n(?=:(?:param|raises|returns))", text)
    first = fields[0].strip()
    labelled = (re.sub(r"^:(param|raises|returns)?\s*(\w[\w, ]*)?:", _label, field) for field in fields[1:])
    listed = [re.sub(r"\s+", " ", field).strip() for field in labelled]
    return first + ("\n\n" + "\n".join(f"- {one}" for one in listed) if listed else "")


def _label(found: re.Match[str]) -> str:
    kind, name = found.groups()
    return f"`{name}`:" if kind == "param" else f"raises `{name}`" if kind == "raises" else "returns"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
