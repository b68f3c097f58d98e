"""What refdata asks a person when a table's contract cannot decide, and what each answer does. Pure.

A step that meets such a doubt holds the load: the ledger row gets the status ``review``, the question is kept in the
database, and nothing in the table changes. An answer either refuses the file, sends it to another table, or says how
to read it: as a patch of the contract, which counts for this load and, when the person keeps it, for each later one.
After the answer the load starts again from the first step, with the patch as the first layer of its contract, so the
same doubt does not arise a second time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from refdata.core.contract import Contract
from refdata.core.contractdocument import from_document, to_document

MAX_SUBJECT = 250
"""Characters of a subject: lists show it in one line."""
MAX_EXAMPLES = 5
"""Values or lines that the evidence of a question quotes at most."""


class QuestionKind(StrEnum):
    """What a question is about."""

    FORMAT_UNSURE = "format_unsure"
    NEW_TABLE = "new_table"
    COLUMN_RENAMED = "column_renamed"
    COLUMN_MISSING = "column_missing"
    COLUMN_ADDED = "column_added"
    TYPE_CHANGED = "type_changed"
    NOTATION_CHANGED = "notation_changed"
    CODES_CHANGED = "codes_changed"
    KEYS_REPEATED = "keys_repeated"
    ROWS_REPEATED = "rows_repeated"
    OLDER_CONTENT = "older_content"
    ORPHANS = "orphans"
    CHANGE_GATE = "change_gate"


class Outcome(StrEnum):
    """What an answer makes of the load."""

    LOAD = "load"
    ROUTE = "route"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer that a person can give.

    ``key`` names it for commands and the API, ``label`` is what a button says, ``effect`` is one sentence on what
    follows. ``patch`` is what the answer adds to the table's contract, None where the load goes on as it is.
    ``table`` is where a routed file goes. ``keepable``: the answer can be kept for every later file of the table.
    """

    key: str
    label: str
    effect: str
    outcome: Outcome = Outcome.LOAD
    patch: Contract | None = None
    table: str = ""
    keepable: bool = False


REFUSE = Choice("refuse", "Refuse the file", "The file goes to error; the table stays as it is.", Outcome.REFUSE)
"""The choice that every question has."""


@dataclass(frozen=True, slots=True)
class Question:
    """A doubt about one load: what was seen, and what each answer does.

    ``subject`` is the question in one line, ``evidence`` are sentences with counts, lines and a few values,
    ``column`` is the table's column that it is about, empty where it is about the whole file.

    >>> question = Question(
    ...     QuestionKind.COLUMN_MISSING, "products", "products.csv lacks the column price. Load it?",
    ...     ("The table has 4 columns, the file brings 3 of them.",),
    ...     (Choice("empty", "Load without it", "price becomes empty in every row.", keepable=True), REFUSE),
    ...     column="price",
    ... )
    >>> question.choice("empty").label
    'Load without it'
    """

    kind: QuestionKind
    table: str
    subject: str
    evidence: tuple[str, ...]
    choices: tuple[Choice, ...]
    column: str = ""

    def __post_init__(self) -> None:
        keys = [choice.key for choice in self.choices]
        if len(set(keys)) != len(keys) or REFUSE.key not in keys:
            raise ValueError(f"choices need distinct keys and a refusal: {keys}")

    def choice(self, key: str) -> Choice:
        """The choice of that key.

        :raises KeyError: when the question offers none.
        """
        return {choice.key: choice for choice in self.choices}[key]

    @property
    def fingerprint(self) -> str:
        """Sixteen hex digits that are the same while the same doubt stands, so that an answer fits what was shown.

        The evidence counts: a file or table that changed since raises another question.
        """
        choices = [(choice.key, choice.outcome, _patch_document(choice), choice.table) for choice in self.choices]
        facts = json.dumps([self.kind, self.table, self.column, self.evidence, choices], sort_keys=True)
        return hashlib.sha256(facts.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Given:
    """An answer on record: to which question, who chose what and why, and whether it is kept for later files."""

    fingerprint: str
    choice: str
    by: str
    reason: str
    kept: bool = False


def unanswered(questions: Iterable[Question], given: Sequence[Given]) -> tuple[Question, ...]:
    """The questions that nobody has answered yet, in their order."""
    answered = {answer.fingerprint for answer in given}
    return tuple(question for question in questions if question.fingerprint not in answered)


def question_document(question: Question) -> dict[str, Any]:
    """A question as plain JSON types, for the database and for XCom.

    >>> asked = Question(QuestionKind.NEW_TABLE, "units", "Make units?", (), (REFUSE,))
    >>> read_question(question_document(asked)) == asked
    True
    """
    choices = [{**asdict(choice), "patch": _patch_document(choice)} for choice in question.choices]
    return {**asdict(question), "evidence": list(question.evidence), "choices": choices}


def read_question(document: Mapping[str, Any]) -> Question:
    """The question that ``question_document`` wrote."""
    choices = tuple(_read_choice(choice) for choice in document["choices"])
    kind, evidence = QuestionKind(document["kind"]), tuple(document["evidence"])
    return Question(kind, document["table"], document["subject"], evidence, choices, document["column"])


def _read_choice(document: Mapping[str, Any]) -> Choice:
    patch = from_document(document["patch"]) if document["patch"] else None
    return Choice(**{**document, "outcome": Outcome(document["outcome"]), "patch": patch})


def _patch_document(choice: Choice) -> dict[str, Any] | None:
    return to_document(choice.patch) if choice.patch else None
