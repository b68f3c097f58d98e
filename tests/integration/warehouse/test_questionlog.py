"""Questions are stored with their answers; the first answer counts, and a kept one can be withdrawn."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import datetime

import pytest

from refdata.core.contract import Contract
from refdata.core.contractterms import OnMissingColumn, QuestionKind
from refdata.core.errors import DataError
from refdata.core.model import FileStatus, Load, LoadType
from refdata.core.questions import REFUSE, Choice, Given, Question
from refdata.dropoff.identity import PosixIdentity
from refdata.ledger import Ledger
from refdata.questionlog import QuestionLog
from tests.integration.engines import Database

NOW = datetime(2024, 12, 1, 12, 0, 0)  # noqa: DTZ001  naive UTC
KEEP = Choice(
    "empty", "Load without it", "price becomes empty.", keepable=True,
    patch=Contract(table="products", on_missing_column=OnMissingColumn.NULL),
)  # fmt: skip
MISSING = Question(
    QuestionKind.COLUMN_MISSING, "products", "price is gone. Load?", ("3 of 4 columns.",), (KEEP, REFUSE)
)
OLDER = Question(QuestionKind.OLDER_CONTENT, "products", "It is older. Load?", (), (REFUSE,))


@pytest.fixture
def load(database: Database) -> Load:
    database.warehouse.initialise()
    path = "reference_data_table/fullload/products.csv"
    file = PosixIdentity(1, 2, 3, 4).dropped(path, LoadType.FULL, is_reference_data=True)
    return Ledger(database.warehouse).register(file, "products", "run", NOW)


@pytest.fixture
def log(database: Database, load: Load) -> QuestionLog:
    log = QuestionLog(database.warehouse)
    log.ask(load, (MISSING, OLDER), NOW)
    return log


@pytest.fixture
def answer(log: QuestionLog, load: Load, database: Database) -> Callable[[Given], None]:
    """Records one answer, in a transaction of its own."""

    def record(answered: Given) -> None:
        with database.warehouse.transaction() as session:
            log.answer_in(session, load.id, answered, NOW)

    return record


def given(question: Question = MISSING, choice: str = "empty", **changes: object) -> Given:
    return dataclasses.replace(Given(question.fingerprint, choice, "ann", "agreed"), **changes)  # type: ignore[arg-type]


def test_a_load_asks_each_question_once(log: QuestionLog, load: Load) -> None:
    log.ask(load, (OLDER, MISSING), NOW)
    assert [one.question for one in log.of_load(load.id)] == [MISSING, OLDER]


def test_only_a_held_loads_open_questions_wait(
    log: QuestionLog, load: Load, database: Database, answer: Callable[[Given], None]
) -> None:
    assert log.waiting() == ()
    database.run("UPDATE ref.File_Monitor_Tracking SET status = ? WHERE id = ?", FileStatus.REVIEW.value, load.id)
    assert [one.question for one in log.waiting()] == [MISSING, OLDER]
    answer(given())
    assert [one.question for one in log.waiting()] == [OLDER]


def test_an_answer_is_on_record_and_the_same_again_changes_nothing(
    log: QuestionLog, load: Load, answer: Callable[[Given], None]
) -> None:
    answer(given())
    answer(given())
    assert [one.given for one in log.of_load(load.id)] == [given(), None]


@pytest.mark.parametrize(
    ("unfit", "words"),
    [
        (given(choice="maybe"), "'maybe' is not among the answers"),
        (given(OLDER, "refuse", kept=True), "cannot be kept"),
        (given(fingerprint="0" * 16), "has no such question"),
    ],
)
def test_an_answer_that_fits_no_question_is_refused(answer: Callable[[Given], None], unfit: Given, words: str) -> None:
    with pytest.raises(DataError, match=words):
        answer(unfit)


def test_the_first_answer_counts(answer: Callable[[Given], None]) -> None:
    answer(given())
    with pytest.raises(DataError, match="ann has already answered it"):
        answer(given(choice="refuse", by="ben"))


def test_a_kept_answer_counts_for_the_table_until_it_is_withdrawn(
    log: QuestionLog, database: Database, answer: Callable[[Given], None]
) -> None:
    answer(given(kept=True))
    answer(given(OLDER, "refuse"))
    kept = log.kept("products")
    assert [one.question for one in kept] == [MISSING]
    with database.warehouse.transaction() as session:
        gone = log.withdraw_in(session, kept[0].id, "ben", NOW)
    assert (gone.question, gone.withdrawn_by, gone.withdrawn_at) == (MISSING, "ben", NOW)
    assert log.kept("products") == ()
    with pytest.raises(DataError, match="No kept answer"), database.warehouse.transaction() as session:
        log.withdraw_in(session, kept[0].id, "ben", NOW)
