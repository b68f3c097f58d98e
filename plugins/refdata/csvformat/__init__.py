"""Detects how a CSV file is written, and reads it.

The names below are loaded on first use, so importing this package costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from refdata.csvformat.detection import detect
    from refdata.csvformat.reader import read_rows
    from refdata.csvformat.rejects import RejectsFile

__all__ = ["RejectsFile", "detect", "read_rows"]

_MODULES = {"RejectsFile": "rejects", "detect": "detection", "read_rows": "reader"}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    loaded = getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = loaded
    return loaded
