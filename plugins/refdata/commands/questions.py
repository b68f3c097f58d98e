"""``refdata questions``, ``refdata answer`` and ``refdata withdraw``: what loads ask, and what people answer."""

from __future__ import annotations

import argparse
import getpass
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table as Grid

from refdata.commands.terminal import EXIT_OK, Subcommands, add_command, console, filled, moment, print_json, say
from refdata.core.errors import ConfigurationError

if TYPE_CHECKING:
    from refdata.api import AskedQuestion


def register(commands: Subcommands[argparse.ArgumentParser]) -> None:
    """Adds the commands."""
    listed = add_command(commands, "questions", questions)
    listed.add_argument("--kept", metavar="TABLE", default="", help="list the answers that a table keeps instead")
    given = add_command(commands, "answer", answer)
    given.add_argument("load_id", type=int, help="the load's number, as `refdata questions` shows it")
    given.add_argument("answers", nargs="+", metavar="QUESTION=ANSWER", help="such as column_missing:price=empty")
    given.add_argument("--reason", required=True, type=filled, help="why; recorded in the audit trail")
    given.add_argument("--keep", action="store_true", help="also apply the answers to the table's later files")
    gone = add_command(commands, "withdraw", withdraw)
    gone.add_argument("question_id", type=int, help="its number, as `refdata questions --kept` shows it")
    gone.add_argument("--reason", required=True, type=filled, help="why; recorded in the audit trail")


def questions(options: argparse.Namespace) -> int:
    """``refdata questions``."""
    from refdata.api import ReferenceData

    log = ReferenceData.connect().questions
    asked = log.kept(options.kept) if options.kept else log.waiting()
    if options.json:
        print_json([_as_json(one) for one in asked])
    elif not asked:
        console().print("No answer is kept." if options.kept else "No load waits for an answer.")
    else:
        console().print(_grid(asked))
    return EXIT_OK


def _grid(asked: tuple[AskedQuestion, ...]) -> Grid:
    grid = Grid("Number", "Load", "File", "Question", "Evidence", "Answers")
    for one in asked:
        question = one.question
        evidence = "\n".join((*question.evidence, *question.examples))
        answers = "\n".join(f"{question.name}={choice.key}: {choice.effect}" for choice in question.choices)
        if one.given is not None:
            answers = f"{one.given.choice}, by {one.given.by} on {moment(one.answered_at)}: {one.given.reason}"
        texts = (one.file_name, question.subject, evidence, answers)
        grid.add_row(str(one.id), str(one.load_id), *map(escape, texts))
    return grid


def _as_json(one: AskedQuestion) -> dict[str, Any]:
    question = one.question
    return {
        "id": one.id, "load_id": one.load_id, "table": one.table_name, "file": one.file_name, "name": question.name,
        "subject": question.subject, "evidence": question.evidence, "examples": question.examples,
        "answers": [{"key": choice.key, "label": choice.label, "effect": choice.effect} for choice in question.choices],
        "answer": one.given.choice if one.given else None, "by": one.given.by if one.given else None,
    }  # fmt: skip


def chosen_answers(texts: list[str]) -> dict[str, str]:
    """The answers of a command line, by the questions' names.

    :raises ConfigurationError: one that is not written as QUESTION=ANSWER.
    """
    pairs = [text.partition("=") for text in texts]
    wrong = [f"{name}{sign}" for name, sign, choice in pairs if not (sign and choice)]
    if wrong:
        raise ConfigurationError(
            f"{wrong[0]!r} is not an answer",
            where="command line",
            advice="Write QUESTION=ANSWER, as `refdata questions` lists them.",
        )
    return {name: choice for name, _, choice in pairs}


def answer(options: argparse.Namespace) -> int:
    """``refdata answer``: the load goes on in Airflow."""
    from refdata.api import ReferenceData
    from refdata.reviewing import respond

    row, asked = ReferenceData.connect().questions.held(options.load_id)
    by = getpass.getuser()
    answers = respond(row, asked, chosen_answers(options.answers), by, options.reason, keep=options.keep)
    kept = sum(given.kept for given in answers)
    say(options, {"load_id": row.id, "answered": len(answers), "kept": kept})
    return EXIT_OK


def withdraw(options: argparse.Namespace) -> int:
    """``refdata withdraw``: later files are asked about again; what was loaded stays."""
    from refdata.api import ReferenceData

    questions = ReferenceData.connect().questions
    gone = questions.withdraw(options.question_id, by=getpass.getuser(), reason=options.reason)
    say(options, {"withdrawn": gone.id, "table": gone.table_name})
    return EXIT_OK
