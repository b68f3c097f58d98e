"""The shapes of answers about a contract that is edited, and of the requests."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from refdata.contracts.overview import ContractSummary
from refdata.ingest.contractediting import ContractText
from refdata.ingest.previewing import Preview
from refdata.plugin.questionschemas import AskedView, FactView
from refdata.plugin.schemas import CellText, View
from refdata.plugin.uploadschemas import RejectView, outcome_of, rejects_of

_Text = Annotated[str, StringConstraints(min_length=1, max_length=200_000, pattern=r"^[^\x00]*$")]


class ContractTextView(View):
    """A contract's text; ``digest`` goes back when it is saved, ``name`` is empty where there is no file.

    ``beside`` are the rules that ``tables.yaml`` states of the table; one that the contract states counts instead.
    """

    name: str
    text: str
    digest: str
    beside: tuple[FactView, ...]

    @classmethod
    def of(cls, found: ContractText) -> ContractTextView:
        """With the origins in words."""
        return cls(name=found.name, text=found.text, digest=found.digest, beside=tuple(map(FactView.of, found.beside)))


class ContractSummaryView(View):
    """What is declared about a table: the contract's file (empty: none), and the rules of its loads.

    ``facts`` counts all that is declared. ``trouble`` says why a file cannot be read; empty if all is well.
    """

    table: str
    file: str
    facts: int
    steward: str
    rules: tuple[FactView, ...]
    trouble: str

    @classmethod
    def of(cls, one: ContractSummary) -> ContractSummaryView:
        """With the origins in words."""
        rules = tuple(map(FactView.of, one.rules))
        return cls(
            table=one.table, file=one.file, facts=one.facts, steward=one.steward, rules=rules, trouble=one.trouble
        )


class TrialView(BaseModel):
    """What the table's live rows would break under a new contract.

    ``outcome``: they fit (``load``), fit with warnings (``warn``), would be asked about (``ask``) or refused.
    ``rejects`` are the first of the ``rejected`` rows, each with its text as a file would have it.
    """

    outcome: Literal["load", "warn", "ask", "approve", "duplicate", "refuse"]
    rows: int
    rejected: int
    rejects: tuple[RejectView, ...]
    refused: str
    warnings: tuple[str, ...]
    questions: tuple[AskedView, ...]

    @classmethod
    def of(cls, shown: Preview) -> TrialView:
        """From the preview of the table's own rows."""
        return cls(
            outcome=outcome_of(shown),
            rows=shown.rows,
            rejected=shown.rejected,
            rejects=rejects_of(shown),
            refused=shown.refused,
            warnings=tuple(shown.warnings),
            questions=tuple(AskedView.model_validate(one) for one in shown.questions),
        )


class TrialRequest(BaseModel):
    """A new text of the contract."""

    model_config = ConfigDict(extra="forbid")

    text: _Text


class SaveRequest(TrialRequest):
    """The text, and why; ``before`` is the digest of the text that it replaces."""

    reason: CellText
    before: str = Field(default="", max_length=64)
