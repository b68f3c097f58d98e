"""Writes what follows from lists in the code: settings, the states of a load, the contracts' schema.

Run it after a change of ``refdata.core.settings``, ``refdata.core.loadstates`` or ``refdata.contracts.keys``:
``PYTHONPATH=plugins python scripts/write_docs.py``. A test fails while they differ.
"""

from __future__ import annotations

from pathlib import Path

from refdata.contracts import schema
from refdata.core import loadstates
from refdata.core.settings import SECTION, allowed, specs

DOCS = Path(__file__).parents[1] / "docs"


def table() -> str:
    """The settings as a Markdown table, in the order of their declaration."""
    lines = ["| setting and environment variable | default | allowed | meaning |", "| --- | --- | --- | --- |"]
    for spec in specs():
        variable = f"AIRFLOW__{SECTION.upper()}__{spec.name.upper()}"
        default = f"`{spec.default}`" if spec.default != "" else "empty"
        limits = allowed(spec) or {"bool": "true or false"}.get(str(spec.type), "text")
        meaning = str(spec.metadata["meaning"]).replace("|", "\\|")
        lines.append(f"| `{spec.name}`<br>`{variable}` | {default} | {limits} | {meaning} |")
    return "\n".join(lines)


def states() -> str:
    """The states of a load as a picture, and their transitions as a Markdown table."""
    lines = ["| event | what happens | from | to | condition |", "| --- | --- | --- | --- | --- |"]
    for event, before, after, guard in loadstates.rows():
        lines.append(f"| {event} | {loadstates.EVENTS[loadstates.Event(event)]} | {before} | {after} | {guard} |")
    return "\n".join(["```mermaid", loadstates.diagram(), "```", "", *lines])


BLOCKS = {"configuration.md": ("settings", table), "database.md": ("states", states)}
"""Page → name of the block in it, and what makes the block."""


def rewritten(page: str, text: str) -> str:
    """The text of a page with its block in its place.

    :raises ValueError: when the page lacks the block's lines.
    """
    name, made = BLOCKS[page]
    start, end = f"<!-- {name}: written by scripts/write_docs.py -->", f"<!-- /{name} -->"
    before, found, rest = text.partition(start)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"{page} lacks the lines {start} and {end}")
    return f"{before}{start}\n{made()}\n{end}{after}"


if __name__ == "__main__":
    schema.PACKAGED.write_text(schema.as_text(), encoding="utf-8")
    for page in BLOCKS:
        path = DOCS / page
        path.write_text(rewritten(page, path.read_text(encoding="utf-8")), encoding="utf-8")
