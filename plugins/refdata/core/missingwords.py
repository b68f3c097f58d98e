"""Words that stand for no value: those of programs, and the errors of spreadsheets. Pure."""

from __future__ import annotations

import re

CERTAIN = frozenset(("nan", "NaN", "NAN", "null", "NULL", "Null", "(null)", "None", "<NA>", "NaT", r"\N", "nil"))
"""What programs write for a missing value, and people hardly ever mean as a text."""
POSSIBLE = frozenset(
    ("NA", "N/A", "n/a", "N.A.", "n.a.", "-", "--", "---", "\u2013", "\u2014", ".", "?", "none", "ERROR", "Error")
)
"""What may be a code or a remark: only where values are missing that were there as empty ones before."""
ERROR = r"^(#[¡¿]?[\p{Lu}0-9/_]{2,14}[!?]|#(N/[A-Z]|N[VBD]|ERR|ERROR)|Err:5[0-9]{2})$"
"""An error of a spreadsheet in any language (RE2): ``#REF!``, ``#N/A``, ``#NV``, ``#\u00dcBERLAUF!``, ``Err:502``."""
LONGEST = 24
"""Bytes of the longest such word."""
_ERROR = re.compile(ERROR.replace(r"\p{Lu}", "A-Z\u00c0-\u00de"))


def is_error(text: str) -> bool:
    """Whether a value is an error of a spreadsheet.

    >>> [is_error(text) for text in ("#DIV/0!", "#NV", "#NAME?", "#1", "n/a")]
    [True, True, True, False, False]
    """
    return _ERROR.fullmatch(text) is not None
