"""Why a load failed, as fields: from the step through Airflow to the ledger, the page and the ``.error.json``.

Nothing parses these fields back out of a text. Ledgers of earlier releases stored only the text: there ``what`` is all
of it except the advice.
"""

from __future__ import annotations

from dataclasses import dataclass

from refdata.core.errors import RefdataError, TransientError, text_of
from refdata.core.model import Load

LEDGER = "ledger"
"""The ``task`` of a failure read from the ledger, which does not store the step."""
TRANSIENT = frozenset(kind.category for kind in TransientError.__subclasses__())
"""The categories of failures that are not the file's fault."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An error as text: what happened, where, and what to do.

    ``category`` is that of the error. ``transient``: the file is not at fault and is handed back to the watcher.
    ``task`` is the step that failed. ``final``: it is not retried.
    """

    category: str
    what: str
    where: str
    advice: str
    transient: bool
    task: str
    final: bool = True

    @classmethod
    def of(cls, error: RefdataError, task: str, *, final: bool = True) -> Failure:
        """The failure of the step ``task`` that an error stands for.

        >>> from refdata.core.errors import SchemaError
        >>> Failure.of(SchemaError("It does not fit", where="a[1].csv", advice="Rename it."), "align_table").text
        'It does not fit [a[1].csv]. What to do: Rename it.'
        """
        transient = isinstance(error, TransientError)
        return cls(error.category, error.what, error.where, error.advice, transient, task, final)

    @property
    def text(self) -> str:
        """The error, its place and the advice, as one text."""
        return text_of(self.what, self.where, self.advice)

    @property
    def reason(self) -> str:
        """The error and its place, without the advice."""
        return text_of(self.what, self.where, "")

    @property
    def columns(self) -> tuple[str, str, str, str, str]:
        """The values of the ledger's columns: category, what, where, advice and the whole text."""
        return self.category, self.what, self.where, self.advice, self.text


def failure_of(row: Load) -> Failure:
    """Why a load failed, from its row; ``what`` is empty where nothing went wrong.

    It is never transient: the ledger stores reasons for refusals.
    """
    whole, category = row.error_message or "", row.error_category or RefdataError.category
    parts = row.error_what or "", row.error_where or "", row.error_advice or ""
    # A worker of an earlier release writes only the whole text, and leaves the parts of an earlier failure unchanged.
    what, where, advice = parts if text_of(*parts) == whole else (whole, "", "")
    return Failure(category, what, where, advice, transient=False, task=LEDGER)
