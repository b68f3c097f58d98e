"""CSV files: how to read one that nobody described, and reading it.

The names below are loaded on first use, so importing this package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from refdata.csvformat.detection import detect

__all__ = ["detect"]


def __getattr__(name: str) -> Any:
    if name == "detect":
        from refdata.csvformat.detection import detect as function

        globals()[name] = function
        return function
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
