"""Writes what follows from lists in the code: the table of settings in docs/configuration.md, the contracts' schema.

Run it after a change of ``refdata.core.settings`` or ``refdata.contracts.keys``:
``PYTHONPATH=plugins python scripts/write_docs.py``. A test fails while they differ.
"""

from __future__ import annotations

from pathlib import Path

from refdata.contracts import schema
from refdata.core.settings import SECTION, allowed, specs

PAGE = Path(__file__).parents[1] / "docs" / "configuration.md"
START, END = "<!-- settings: written by scripts/write_docs.py -->", "<!-- /settings -->"


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


def with_table(page: str) -> str:
    """The page with the table in its place."""
    before, found, rest = page.partition(START)
    _, closed, after = rest.partition(END)
    if not found or not closed:
        raise ValueError(f"{PAGE.name} lacks the lines {START} and {END}")
    return f"{before}{START}\n{table()}\n{END}{after}"


if __name__ == "__main__":
    schema.PACKAGED.write_text(schema.as_text(), encoding="utf-8")
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
