"""Physical lines: text split at ``\\n``, ``\\r\\n`` or a lone ``\\r``, and at nothing else.

``str.splitlines`` also splits at form feeds, U+0085 and U+2028, which are data in a CSV file.
"""

from __future__ import annotations

import io
from collections import Counter

LINE_ENDINGS = ("\r\n", "\n", "\r")


def physical_lines(text: str) -> list[str]:
    """The lines of a text, each with its line ending."""
    return list(io.StringIO(text, newline=""))


def line_ending(text: str) -> str:
    """The most frequent line ending, ``\\n`` where there is none."""
    crlf = text.count("\r\n")
    counts = Counter({"\r\n": crlf, "\n": text.count("\n") - crlf, "\r": text.count("\r") - crlf})
    ending, count = counts.most_common(1)[0]
    return ending if count else "\n"


def without_broken_line(text: str) -> str:
    """A text cut at its last line ending, because what follows may be half a line."""
    cut = max(text.rfind("\n"), text.rfind("\r", 0, len(text) - 1))
    return text[: cut + 1] if cut >= 0 else text


def from_next_line(text: str) -> str:
    """A text from its first line ending on, because what comes before may be half a line."""
    cuts = [at for at in (text.find("\n"), text.find("\r")) if at >= 0]
    if not cuts:
        return ""
    cut = min(cuts)
    return text[cut + (2 if text.startswith("\r\n", cut) else 1) :]
