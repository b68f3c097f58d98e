"""A notifier that fails as a web client does: with the address, which is the secret, in its text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.sdk import BaseNotifier

if TYPE_CHECKING:
    from airflow.sdk import Context


class UnreachableChat(BaseNotifier):
    """Never reaches its webhook."""

    template_fields = ()

    def __init__(self, webhook: str) -> None:
        super().__init__()
        self.webhook = webhook

    def notify(self, context: Context) -> None:
        raise ConnectionError(f"Max retries exceeded with url: https://chat.invalid/{self.webhook}")
