"""Airflow's Apprise notifier, for Slack, Teams, PagerDuty, webhooks and many more, which reports failures.

Apprise returns False when a service rejected the message or an address is wrong, and Airflow's hook (provider
2.4) ignores that: an alert that reached no one would count as sent.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

import apprise
from airflow.providers.apprise.notifications.apprise import AppriseNotifier as AirflowsNotifier

from refdata.core.errors import ConfigurationError, ConnectionLostError

if TYPE_CHECKING:
    from airflow.sdk import Context


class AppriseNotifier(AirflowsNotifier):
    """Airflow's ``AppriseNotifier`` with the same arguments; the services are those of the connection."""

    def notify(self, context: Context) -> None:  # noqa: ARG002  Airflow's signature
        """Sends the message.

        :raises ConnectionLostError: when a service rejected it, or none is selected.
        :raises ConfigurationError: when an address in the connection belongs to no service; the others got the message.
        """
        services = apprise.Apprise()
        are_known = self._add_to(services)
        taken = services.notify(
            body=self.body,
            title=self.title or "",
            notify_type=self.notify_type,
            body_format=self.body_format,
            tag=self.tag,
            attach=self.attach,
            interpret_escapes=self.interpret_escapes,
        )
        if not taken:
            raise ConnectionLostError(
                "Apprise could not deliver a message to every service",
                where=f"Airflow connection {self.apprise_conn_id}",
                advice="Check this process's log for the service's answer, and its address in the connection.",
            )
        if not are_known:
            raise ConfigurationError(
                "Apprise does not know an address in the connection",
                where=f"Airflow connection {self.apprise_conn_id}",
                advice="Write it as described for the service at https://github.com/caronc/apprise/wiki.",
            )

    def _add_to(self, services: apprise.Apprise) -> bool:
        """Whether all addresses of the connection are known; Airflow's hook drops those that are not."""
        configured = self.hook.get_config_from_conn(self.hook.get_connection(self.apprise_conn_id))
        entries = configured if isinstance(configured, list) else [configured]
        with _silence():
            added = [services.add(entry["path"], tag=entry.get("tag")) for entry in entries]
        return all(added)


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Silences Apprise, which logs an unreadable address unmasked, tokens included."""
    logger = logging.getLogger("apprise")
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = False
