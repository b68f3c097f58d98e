"""The text of an alert, the time to send it, and how several are combined into one message. Pure.

The first alert of a category is sent at once. Those that follow within the gathering time wait, and are sent together
when it is over, as one message with their number: fifty bad files make two messages, not fifty.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

NAMED_AT_MOST = 20
"""Alerts that a gathered message lists; the others are only counted."""


class Occasion(StrEnum):
    """Categories of alerts that are not about a single error; a failed file has the category of its error."""

    WAITING = "waiting_too_long"
    WATCHER = "watcher_stopped"
    HEALTH = "health"
    WARNING = "health_warning"
    RECOVERED = "recovered"
    ERROR_RATE = "error_rate"
    SLOW_LOAD = "slow_load"
    LOAD_WARNINGS = "load_warnings"


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert's texts, which the setting ``alert_notifiers`` can use as placeholders.

    ``file`` and ``run_id`` are ``""`` where it is not about one; ``url`` is where Airflow shows more.
    """

    title: str
    text: str
    category: str
    file: str
    run_id: str
    url: str

    @property
    def html(self) -> str:
        """Text and address as HTML, for a notifier that takes a document: nothing in them is treated as markup."""
        body = html.escape(self.text).replace("\n", "<br>\n")
        return f"<p>{body}</p>" + (
            f'\n<p><a href="{html.escape(self.url)}">{html.escape(self.url)}</a></p>' * bool(self.url)
        )


def is_due(last_sent: datetime | None, window: float, now: datetime) -> bool:
    """Whether alerts of a category may be sent: none was within ``window`` seconds. Times are UTC."""
    return last_sent is None or now - last_sent >= timedelta(seconds=window)


def gathered(alerts: Sequence[Alert]) -> Alert:
    """Combines alerts of one category, in the order in which they were raised, into one message.

    :raises ValueError: when there are no alerts.
    """
    if not alerts:
        raise ValueError("There is no alert to send")
    if len(alerts) == 1:
        return alerts[0]
    last = alerts[-1]
    named = [f"- {alert.title}: {_sentence(alert.text)}" for alert in alerts[:NAMED_AT_MOST]]
    if len(alerts) > NAMED_AT_MOST:
        named.append(f"- and {len(alerts) - NAMED_AT_MOST} more; see the page or `refdata history`")
    title = f"refdata: {len(alerts)} more alerts ({last.category})"
    return Alert(title, "\n".join(named), last.category, last.file, last.run_id, last.url)


def _sentence(text: str, longest: int = 200) -> str:
    first = text.partition("\n")[0]
    return first if len(first) <= longest else f"{first[: longest - 1]}…"
