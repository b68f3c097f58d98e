"""Sends alerts to the channels of setting ``alert_notifiers``, and gathers repeats."""

from __future__ import annotations

import json
import logging
import pkgutil
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from airflow.sdk import BaseNotifier

from refdata import wiring
from refdata.alertlog import AlertLog, Message
from refdata.core.alerting import Alert
from refdata.core.errors import ConfigurationError, ConnectionLostError, RefdataError

if TYPE_CHECKING:
    from airflow.sdk import Context

log = logging.getLogger("refdata.alerts")

_WORD = re.compile(r"\{(title|text|html|category|file|run_id|url)\}")


class _NoListError(TypeError):
    """``categories`` or ``except`` is not a list."""


def send(alert: Alert, context: Mapping[str, Any], *, gather: bool = True) -> bool:
    """Logs an alert and sends it to the channels, or gathers it when its category was reported just before.

    False when it is lost: a channel failed while the database, which would store it, is down.

    :param gather: if False, it is sent now or, returning False, not at all: for callers that report the current state
        and will report it again.

    Without the database nothing is gathered: the alert is sent at once. A failing channel loses nothing and fails
    nothing: the alert stays due, and the health check sends it later, to all its channels.
    """
    log.error("%s: %s", alert.title, alert.text)
    settings = wiring.settings()
    try:
        deps = wiring.connect(settings)
        alerts = AlertLog(deps.warehouse)
        message = alerts.raise_alert(alert, settings.alert_window, deps.clock(), gather=gather)
    except RefdataError as error:
        log.warning("The alert cannot be stored, so it is sent at once: %s", error)
        return _delivered(alert, context)
    if message is None:
        log.info("Not now: category %s was reported within %g s", alert.category, settings.alert_window)
        return gather
    if not _deliver_kept(alerts, message, context) and not gather:
        alerts.withdraw(message.ids[-1])
        return False
    return True


def send_due(context: Mapping[str, Any]) -> int:
    """Sends the messages whose gathering time is over; returns how many were sent.

    :raises RefdataError: when the database does not answer.
    """
    settings = wiring.settings()
    deps = wiring.connect(settings)
    alerts = AlertLog(deps.warehouse)
    messages = alerts.due(settings.alert_window, deps.clock())
    return sum([_deliver_kept(alerts, message, context) for message in messages])


def _deliver_kept(alerts: AlertLog, message: Message, context: Mapping[str, Any]) -> bool:
    sent = _delivered(message.alert, context)
    if not sent:
        alerts.give_back(message.ids)
    return sent


def _delivered(alert: Alert, context: Mapping[str, Any]) -> bool:
    """Whether every channel accepted the alert. A failing channel must not fail the load that the alert is about."""
    try:
        deliver(alert, context)
    except RefdataError as error:
        log.error("The alert could not be sent to every channel: %s", error)  # noqa: TRY400
        return False
    return True


def deliver(alert: Alert, context: Mapping[str, Any]) -> None:
    """Sends an alert to every channel for its category; all are tried, then the first failure is raised.

    :raises RefdataError: without the notifier's own text: a web client's error contains the address, which for chat
        services is itself the secret.
    """
    failures: list[RefdataError] = []
    for notifier in notifiers(wiring.settings().alert_notifiers, alert):
        try:
            _notify(notifier, cast("Context", context))
        except RefdataError as error:
            failures.append(error)
        except Exception as error:  # noqa: BLE001  notifiers come from any package, without a common error class
            failures.append(_failure(notifier, error))
    if failures:
        raise failures[0]


def _notify(notifier: BaseNotifier, context: Context) -> None:
    """What calling a notifier does, apart from logging its error, whose text may contain the address."""
    notifier._update_context(context)  # noqa: SLF001  only Airflow's own call does it otherwise
    notifier.render_template_fields(context)
    notifier.notify(context)


def _failure(notifier: BaseNotifier, error: Exception) -> RefdataError:
    return ConnectionLostError(
        f"Notifier {type(notifier).__name__} failed: {type(error).__name__}",
        where="[refdata] alert_notifiers",
        advice="Check the address and the arguments in the setting.",
    )


def notifiers(setting: str, alert: Alert) -> list[BaseNotifier]:
    """The notifiers for the alert's category, with the alert's texts filled in.

    The setting is a JSON list of ``{"notifier": "<class path>", <its arguments>}``; in an argument's text, ``{title}``,
    ``{text}``, ``{html}``, ``{category}``, ``{file}``, ``{run_id}`` and ``{url}`` are replaced. With ``categories`` an
    entry gets only those; it does not get those in ``except``.

    :raises ConfigurationError: when the setting is not such a list or a class cannot be built.
    """
    try:
        entries = json.loads(setting or "[]")
        # Every entry is built, so that a mistake shows at the first alert, not in the night when it is needed.
        built = [(_takes(entry := dict(given), alert.category), _build(entry, alert)) for given in entries]
    except (ValueError, TypeError, KeyError, ImportError, AttributeError) as error:
        raise ConfigurationError(
            f"Setting alert_notifiers cannot be used: {_reason(error)}",
            where="[refdata] alert_notifiers",
            advice='Write a JSON list such as [{"notifier": "package.Class", "argument": "{title}"}].',
        ) from None
    return [notifier for taken, notifier in built if taken]


def _reason(error: Exception) -> str:
    """The error without a notifier's text about its arguments, which may contain a token."""
    return str(error) if isinstance(error, (json.JSONDecodeError, ImportError, _NoListError)) else type(error).__name__


def _takes(entry: dict[str, Any], category: str) -> bool:
    """Whether an entry wants alerts of a category; removes the two lists from it."""
    only, never = entry.pop("categories", None), entry.pop("except", [])
    for names in (only if only is not None else [], never):
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise _NoListError(f"{names!r} is not a list of categories")
    return category not in never and (only is None or category in only)


def _build(entry: dict[str, Any], alert: Alert) -> BaseNotifier:
    kind = pkgutil.resolve_name(entry.pop("notifier"))
    # A notifier renders in place, so a shared one would send the first alert's text for the second: each gets its own.
    notifier: BaseNotifier = kind(**{name: _filled(value, alert) for name, value in entry.items()})
    return notifier


def _filled(value: Any, alert: Alert) -> Any:
    """The text with placeholders filled in; other braces stay as they are."""
    if isinstance(value, dict):
        return {name: _filled(item, alert) for name, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, alert) for item in value]
    if not isinstance(value, str):
        return value
    return _WORD.sub(lambda match: _inert(getattr(alert, match[1])), value)


def _inert(text: str) -> str:
    """Airflow renders a notifier's arguments as templates; a file's name must not be run as one."""
    return re.sub(r"\{(?=[{%#])", "{ ", text)
