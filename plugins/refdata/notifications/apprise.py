"""Airflow's Apprise notifier, for Slack, Teams, PagerDuty, webhooks and a hundred more, that says when it failed.

Apprise answers False where a service did not take the message, and Airflow's hook (provider 2.4) drops that answer: an
alert that nobody got would count as sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import apprise
from airflow.providers.apprise.notifications.apprise import AppriseNotifier as AirflowsNotifier

from refdata.core.errors import ConnectionLostError

if TYPE_CHECKING:
    from airflow.sdk import Context


class AppriseNotifier(AirflowsNotifier):
    """Airflow's ``AppriseNotifier`` with its arguments; the services are those of the connection."""

    def notify(self, context: Context) -> None:  # noqa: ARG002  Airflow's signature
        """Sends the message.

        :raises ConnectionLostError: when a service did not take it, or none is chosen.
        """
        services = apprise.Apprise()
        self.hook.set_config_from_conn(self.hook.get_connection(self.apprise_conn_id), services)
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
                advice="See the log of this process for the service's answer, and check its address in the connection.",
            )
