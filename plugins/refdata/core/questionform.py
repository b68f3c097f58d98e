"""The form in which a person answers the questions of a load: Airflow's, or any with buttons and fields. Pure.

One question: each answer is a button. Several questions: a field for each, and two buttons, to continue or refuse.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from refdata.core.questions import REFUSE, Given, Question

GO_ON = "Go on with these answers"
KEEP = "keep"
REASON = "reason"


@dataclass(frozen=True, slots=True)
class _FormField:
    """One field: its ``name``, its label, the values to choose from, and the initial one."""

    name: str
    title: str
    choices: tuple[str, ...]
    default: str


@dataclass(frozen=True, slots=True)
class QuestionForm:
    """The form as shown: ``options`` are the buttons, ``default`` is the answer that applies after the time limit.

    ``body`` is Markdown, with the evidence and what each answer does. ``keepable``: an answer can be kept.
    """

    subject: str
    body: str
    options: tuple[str, ...]
    default: str
    fields: tuple[_FormField, ...]
    keepable: bool


def form_of(questions: Sequence[Question], *, with_examples: bool = False) -> QuestionForm:
    """The form for the open questions of a load; there is at least one.

    :param with_examples: show values from the file, which are then stored with the form.
    """
    body = "\n\n".join(_section(question, with_examples=with_examples) for question in questions)
    keepable = any(choice.keepable for question in questions for choice in question.choices)
    if len(questions) == 1:
        options = tuple(choice.label for choice in questions[0].choices)
        return QuestionForm(questions[0].subject, body, options, REFUSE.label, (), keepable)
    fields = tuple(
        _FormField(f"question_{at}", question.subject, tuple(one.label for one in question.choices), REFUSE.label)
        for at, question in enumerate(questions, start=1)
    )
    subject = f"{questions[0].subject} (and {len(questions) - 1} more)"
    return QuestionForm(subject, body, (GO_ON, REFUSE.label), REFUSE.label, fields, keepable)


def _section(question: Question, *, with_examples: bool) -> str:
    shown = (*question.evidence, *(question.examples if with_examples else ()))
    evidence = "\n".join(f"- {_plain(sentence)}" for sentence in shown)
    effects = "\n".join(f"- **{_plain(choice.label)}**: {_plain(choice.effect)}" for choice in question.choices)
    return f"### {_plain(question.subject)}\n\n{evidence}\n\n{effects}"


def _plain(text: str) -> str:
    """Text from a file, with the markup of Markdown and HTML escaped."""
    escaped = "".join(f"\\{char}" if char in "\\`*_{}[]<>#|!" else char for char in text)
    return " ".join(escaped.split())


def answers_of(
    questions: Sequence[Question], option: str, fields: Mapping[str, Any], by: str, reason: str
) -> tuple[Given, ...]:
    """The answer to each question.

    :param option: the button; ``fields`` are the values of the form's fields.
    """
    keep = bool(fields.get(KEEP))
    if len(questions) == 1:
        return (_given(questions[0], option, by, reason, keep=keep),)
    chosen = {
        question: str(fields.get(f"question_{at}", REFUSE.label)) if option == GO_ON else REFUSE.label
        for at, question in enumerate(questions, start=1)
    }
    return tuple(_given(question, label, by, reason, keep=keep) for question, label in chosen.items())


def _given(question: Question, label: str, by: str, reason: str, *, keep: bool) -> Given:
    choice = next((one for one in question.choices if one.label == label), REFUSE)
    return Given(question.fingerprint, choice.key, by, reason, keep and choice.keepable)
