"""Alerts are gathered across processes: the database has the state."""

from __future__ import annotations

from datetime import datetime, timedelta

from refdata.alertlog import AlertLog
from refdata.core.alerting import Alert
from tests.integration.engines import Database

START = datetime(2024, 12, 1, 12, 0, 0)  # noqa: DTZ001  naive UTC
WINDOW = 600.0


def alert(name: str, category: str = "data") -> Alert:
    return Alert(name, f"reason of {name} é \U0001f4a9 'x'", category, f"{name}.csv", "run", "http://x")


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_fifty_bad_files_make_two_messages(database: Database) -> None:
    def raised(number: int) -> bool:  # each as another process would
        return AlertLog(database.warehouse).raise_alert(alert(f"f{number}"), WINDOW, at(number)) is not None

    assert [raised(number) for number in range(50)] == [True, *[False] * 49]
    log = AlertLog(database.warehouse)
    assert log.waiting() == 49
    assert log.due(WINDOW, at(599)) == ()
    (message,) = log.due(WINDOW, at(600))
    assert (len(message.ids), message.alert.title) == (49, "refdata: 49 more alerts (data)")
    assert log.waiting() == 0
    assert log.due(WINDOW, at(5000)) == ()


def test_the_words_of_an_alert_come_back_as_they_were(database: Database) -> None:
    message = AlertLog(database.warehouse).raise_alert(alert("a"), WINDOW, START)
    assert message is not None
    assert message.alert == alert("a")


def test_the_next_alert_takes_the_gathered_ones_along(database: Database) -> None:
    log = AlertLog(database.warehouse)
    assert log.raise_alert(alert("a"), WINDOW, at(0))
    assert log.raise_alert(alert("b"), WINDOW, at(1)) is None
    message = log.raise_alert(alert("c"), WINDOW, at(700))
    assert message is not None
    assert [line.partition(":")[0] for line in message.alert.text.splitlines()] == ["- b", "- c"]


def test_categories_do_not_wait_for_one_another(database: Database) -> None:
    log = AlertLog(database.warehouse)
    assert log.raise_alert(alert("a"), WINDOW, at(0))
    assert log.raise_alert(alert("b", "connection"), WINDOW, at(1))
    assert log.raise_alert(alert("c", "connection"), WINDOW, at(2)) is None


def test_a_withdrawn_alert_leaves_nothing_behind(database: Database) -> None:
    log = AlertLog(database.warehouse)
    assert log.raise_alert(alert("a"), WINDOW, at(0), gather=False)
    assert log.raise_alert(alert("b"), WINDOW, at(1), gather=False) is None
    assert log.waiting() == 0
    message = log.raise_alert(alert("c"), WINDOW, at(700), gather=False)
    assert message is not None
    assert message.alert == alert("c")
    log.withdraw(message.ids[-1])  # no channel took it: it neither waits nor counts as sent
    assert log.due(WINDOW, at(701)) == ()
    assert log.raise_alert(alert("d"), WINDOW, at(701), gather=False)


def test_a_message_that_could_not_be_sent_is_due_again(database: Database) -> None:
    log = AlertLog(database.warehouse)
    message = log.raise_alert(alert("a"), WINDOW, at(0))
    assert message is not None
    log.give_back(message.ids)
    assert log.due(WINDOW, at(1)) == (message,)
    assert log.due(WINDOW, at(2)) == ()


def test_without_a_window_each_alert_goes_out_by_itself(database: Database) -> None:
    log = AlertLog(database.warehouse)
    assert all(log.raise_alert(alert(name), 0, START) for name in "abc")


def test_long_texts_are_cut_and_not_refused(database: Database) -> None:
    long = Alert("t" * 900, "x" * 9000, "data", "f" * 900, "r" * 900, "u" * 2000)
    message = AlertLog(database.warehouse).raise_alert(long, WINDOW, START)
    assert message is not None
    assert len(message.alert.text) == 4000
