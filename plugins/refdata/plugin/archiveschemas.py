"""The shapes of answers about rejected lines."""

from __future__ import annotations

from refdata.plugin.schemas import View


class MarkedTextView(View):
    """A piece of a line; ``is_fault`` where something is wrong with it."""

    text: str
    is_fault: bool


class RejectedLineView(View):
    """A line that was not loaded: its number in the file, why, the columns at fault, and its text in pieces.

    ``missing``: how many fields it lacks; ``is_cut``: only its beginning is here, the download has the whole.
    """

    line: int
    reason: str
    columns: tuple[str, ...]
    parts: tuple[MarkedTextView, ...]
    missing: int
    is_cut: bool


class RejectedLinesView(View):
    """Some rejected lines. ``fixes_all``: the file to fix is the whole file; else it has the rejected lines only."""

    lines: tuple[RejectedLineView, ...]
    total: int
    fixes_all: bool
