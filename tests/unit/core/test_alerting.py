from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from refdata.core.alerting import NAMED_AT_MOST, Alert, gathered, is_due

NOW = datetime(2024, 12, 1, 12, 0, 0)  # noqa: DTZ001  naive UTC


def alert(number: int) -> Alert:
    return Alert(
        f"file {number} failed", f"reason {number}\nadvice", "data", f"{number}.csv", f"run {number}", "http://x"
    )


@pytest.mark.parametrize(
    ("age", "window", "expected"),
    [(None, 900, True), (0, 900, False), (899, 900, False), (900, 900, True), (0, 0, True), (5000, 900, True)],
)
def test_a_category_sends_once_within_its_window(age: float | None, window: float, expected: bool) -> None:
    last = None if age is None else NOW - timedelta(seconds=age)
    assert is_due(last, window, NOW) is expected


def test_a_single_alert_is_sent_as_it_is() -> None:
    assert gathered([alert(1)]) == alert(1)


def test_several_make_one_message_with_their_number_and_reasons() -> None:
    message = gathered([alert(number) for number in range(3)])
    assert message.title == "refdata: 3 more alerts (data)"
    assert message.text.splitlines() == [f"- file {number} failed: reason {number}" for number in range(3)]
    assert (message.category, message.run_id) == ("data", "run 2")


def test_a_flood_is_counted_and_not_listed() -> None:
    message = gathered([alert(number) for number in range(5000)])
    assert message.title == "refdata: 5000 more alerts (data)"
    assert len(message.text.splitlines()) == NAMED_AT_MOST + 1
    assert f"{5000 - NAMED_AT_MOST} more" in message.text


def test_without_an_alert_there_is_no_message() -> None:
    with pytest.raises(ValueError, match="no alert"):
        gathered([])


def test_nothing_in_the_html_is_markup_but_its_own() -> None:
    hostile = Alert("t", "<script>x</script>\n& more", "data", "", "", 'http://x/"><b>')
    assert "<script>" not in hostile.html
    assert "<b>" not in hostile.html
    assert "&lt;script&gt;x&lt;/script&gt;<br>" in hostile.html
    assert "href" not in Alert("t", "x", "data", "", "", "").html
