"""The questions that refdata asks a person when a table's contract cannot decide, and the effect of each answer. Pure.

A step that finds such a doubt makes the load wait: the ledger row gets the status ``review``, the question is stored
in the database, and nothing in the table changes. An answer refuses the file, sends it to another table, or says how
to read it: as a patch of the contract, which applies to this load and, if the person keeps it, to each later one.
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
from refdata.core.contractterms import QuestionKind
from refdata.core.errors import ConfigurationError

MAX_SUBJECT = 250
"""Maximum characters of a subject, because lists show it on one line."""
MAX_EXAMPLES = 5
"""Maximum number of values or lines that a question's evidence quotes."""


class Outcome(StrEnum):
    """The effect of an answer on the load."""

    LOAD = "load"
    ROUTE = "route"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer that a person can give.

    ``key`` identifies it in commands and the API, ``label`` is the text of its button, ``effect`` is one sentence on
    the consequence. ``patch`` is the answer's addition to the table's contract, None if the load continues unchanged.
    ``table`` is the target of a routed file. ``keepable``: the answer can be kept for every later file of the table.
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
    """A doubt about one load: the evidence, and the effect of each answer.

    ``subject`` is the question in one line, ``evidence`` are sentences with counts, lines and a few values,
    ``column`` is the column in question, empty if the question concerns the whole file.

    >>> question = Question(
    ...     QuestionKind.COLUMN_MISSING, "products", "products.csv lacks the column price. Load it?",
    ...     ("The table has 4 columns, the file has 3 of them.",),
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
    examples: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        keys = [choice.key for choice in self.choices]
        if len(set(keys)) != len(keys) or REFUSE.key not in keys:
            raise ValueError(f"choices need distinct keys and a refusal: {keys}")

    def offers(self, key: str) -> bool:
        """Whether there is a choice with that key."""
        return any(choice.key == key for choice in self.choices)

    def choice(self, key: str) -> Choice:
        """The choice with that key.

        :raises ConfigurationError: when the question offers no such choice.
        """
        choices = {choice.key: choice for choice in self.choices}
        if key not in choices:
            raise ConfigurationError(
                f"{key!r} is no answer to {self.name}: {self.subject}",
                where=self.table,
                advice=f"Choose one of: {', '.join(choices)}.",
            )
        return choices[key]

    @property
    def name(self) -> str:
        """Its name in commands: its kind, and its column if it has one: ``column_missing:price``."""
        return f"{self.kind}:{self.column}" if self.column else self.kind.value

    @property
    def fingerprint(self) -> str:
        """Sixteen hex digits that stay the same while the doubt does, so that an answer matches what was shown.

        The evidence is included: a file or table that has changed since then raises a new question.
        """
        choices = [(choice.key, choice.outcome, _patch_document(choice), choice.table) for choice in self.choices]
        facts = json.dumps([self.kind, self.table, self.column, self.evidence, self.examples, choices], sort_keys=True)
        return hashlib.sha256(facts.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Given:
    """A recorded answer: to which question, who chose what and why, and whether it is kept for later files."""

    fingerprint: str
    choice: str
    by: str
    reason: str
    kept: bool = False


def unanswered(questions: Iterable[Question], given: Sequence[Given]) -> tuple[Question, ...]:
    """The questions without an answer, in their order."""
    answered = {answer.fingerprint for answer in given}
    return tuple(question for question in questions if question.fingerprint not in answered)


def patches(answered: Iterable[tuple[Question, Given]]) -> tuple[Contract, ...]:
    """The answers' additions to the contract, in their order; one that only continues the load adds none."""
    chosen = (question.choice(given.choice).patch for question, given in answered)
    return tuple(patch for patch in chosen if patch is not None)


def question_document(question: Question) -> dict[str, Any]:
    """A question as plain JSON types, for the database and for XCom.

    >>> asked = Question(QuestionKind.NEW_TABLE, "units", "Make units?", (), (REFUSE,))
    >>> read_question(question_document(asked)) == asked
    True
    """
    choices = [{**asdict(choice), "patch": _patch_document(choice)} for choice in question.choices]
    texts = {"evidence": list(question.evidence), "examples": list(question.examples)}
    return {**asdict(question), **texts, "choices": choices}


def read_question(document: Mapping[str, Any]) -> Question:
    """The question that ``question_document`` wrote."""
    choices = tuple(_read_choice(choice) for choice in document["choices"])
    kind, evidence = QuestionKind(document["kind"]), tuple(document["evidence"])
    examples = tuple(document.get("examples", ()))
    return Question(kind, document["table"], document["subject"], evidence, choices, document["column"], examples)


def _read_choice(document: Mapping[str, Any]) -> Choice:
    patch = from_document(document["patch"]) if document["patch"] else None
    return Choice(**{**document, "outcome": Outcome(document["outcome"]), "patch": patch})


def _patch_document(choice: Choice) -> dict[str, Any] | None:
    return to_document(choice.patch) if choice.patch else None
