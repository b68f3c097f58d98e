"""Sets options in the text of an ``airflow.cfg`` and leaves every other line, comments too, as it is."""

from __future__ import annotations

import re
from collections.abc import Mapping


def with_options(text: str, section: str, options: Mapping[str, str]) -> str:
    """The text with the options set in the section, which is added where it is missing.

    A percent sign is written twice, as the format wants it.

    >>> print(with_options("[core]\\nx = 1\\n", "refdata", {"conn_id": "stewards"}), end="")
    [core]
    x = 1
    <BLANKLINE>
    [refdata]
    conn_id = stewards
    """
    lines = text.splitlines()
    start = next((number for number, line in enumerate(lines) if _is_header(line, section)), None)
    if start is None:
        lines += [*([""] if lines else []), f"[{section}]"]
        start = len(lines) - 1
    for name, value in options.items():
        _set(lines, start, name, f"{name} = {value.replace('%', '%%')}")
    return "\n".join(lines) + "\n"


def _is_header(line: str, section: str = "") -> bool:
    header = re.match(r"\[([^\]]*)\]", line)
    return header is not None and (not section or header[1] == section)


def _set(lines: list[str], start: int, name: str, written: str) -> None:
    """Replaces the option with its continuation lines, or adds it right below the section's header."""
    end = next((number for number in range(start + 1, len(lines)) if _is_header(lines[number])), len(lines))
    for number in range(start + 1, end):
        if re.match(rf"{re.escape(name)}\s*[=:]", lines[number], re.IGNORECASE):
            after = number + 1
            while after < end and re.match(r"\s+\S", lines[after]):
                after += 1
            lines[number:after] = [written]
            return
    lines.insert(start + 1, written)
