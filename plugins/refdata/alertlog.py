"""``Reference_Data_Alert``: every alert that was raised, and whether it was sent. Gathers repeats across processes.

Callbacks of failed runs are called in one process, deadlines in another, tasks in many: what they share is the
database. While it is down nothing can be gathered, and the caller sends what it has.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from refdata.core.alerting import Alert, gathered, is_due
from refdata.warehouse.base import Row, Session, Warehouse, moment

_LOCK = "refdata alerts"
MAX_TITLE, MAX_TEXT, MAX_FILE, MAX_RUN, MAX_URL = 500, 4000, 500, 250, 1000


@dataclass(frozen=True, slots=True)
class Message:
    """A message to send now, and the alerts (by ``id``) that it consists of."""

    alert: Alert
    ids: tuple[int, ...]


class AlertLog:
    """``Reference_Data_Alert`` in a warehouse. Each method is one short transaction; times are UTC."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def raise_alert(self, alert: Alert, window: float, now: datetime, *, gather: bool = True) -> Message | None:
        """Stores an alert; returns the message to send for its category now, or None while it is gathered.

        The returned message counts as sent; call ``give_back`` when it was not.

        :param window: seconds in which a category sends only once.
        :param gather: if False, an alert that cannot be sent now is not stored, and its caller retries.
        """
        with self._warehouse.transaction(lock=_LOCK) as session:
            if not gather and not self._is_due(session, alert.category, window, now):
                return None
            session.execute(self._warehouse.statement("insert_alert"), (now, *_values(alert)))
            return self._message(session, alert.category, window, now)

    def due(self, window: float, now: datetime) -> tuple[Message, ...]:
        """The messages whose gathering time is over; they count as sent."""
        with self._warehouse.transaction(lock=_LOCK) as session:
            categories = [str(line[0]) for line in session.query(self._warehouse.statement("select_alert_categories"))]
            messages = [self._message(session, category, window, now) for category in categories]
        return tuple(message for message in messages if message is not None)

    def give_back(self, ids: Iterable[int]) -> None:
        """Makes a message with these alerts due again, because it could not be sent."""
        with self._warehouse.transaction() as session:
            for number in ids:
                session.execute(self._warehouse.statement("mark_alert"), (None, number))

    def withdraw(self, number: int) -> None:
        """Removes an alert that could not be sent and that its caller raises again."""
        with self._warehouse.transaction() as session:
            session.execute(self._warehouse.statement("delete_alert"), (number,))

    def waiting(self) -> int:
        """How many alerts are gathered and not yet sent."""
        with self._warehouse.transaction(write=False) as session:
            return sum(int(line[1]) for line in session.query(self._warehouse.statement("select_alert_categories")))

    def _is_due(self, session: Session, category: str, window: float, now: datetime) -> bool:
        last = session.query(self._warehouse.statement("select_alert_sent"), (category,))[0][0]
        return is_due(moment(last), window, now)

    def _message(self, session: Session, category: str, window: float, now: datetime) -> Message | None:
        if not self._is_due(session, category, window, now):
            return None
        waiting = session.query(self._warehouse.statement("select_alerts_waiting"), (category,))
        for line in waiting:
            session.execute(self._warehouse.statement("mark_alert"), (now, line[0]))
        return (
            Message(gathered([_alert(line) for line in waiting]), tuple(line[0] for line in waiting))
            if waiting
            else None
        )


def _values(alert: Alert) -> tuple[str, ...]:
    return (
        alert.category,
        alert.title[:MAX_TITLE],
        alert.text[:MAX_TEXT],
        alert.file[:MAX_FILE],
        alert.run_id[:MAX_RUN],
        alert.url[:MAX_URL],
    )


def _alert(line: Row) -> Alert:
    _, category, title, text, file, run_id, url = line
    return Alert(title, text, category, file, run_id, url)
