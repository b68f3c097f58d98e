"""A notifier that writes each alert to a file, so that a test can count them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from airflow.sdk import BaseNotifier

if TYPE_CHECKING:
    from airflow.sdk import Context


class AlertFile(BaseNotifier):
    """Appends one JSON line an alert."""

    template_fields = ()

    def __init__(self, path: str, title: str, text: str, url: str) -> None:
        super().__init__()
        self.path = path
        self.entry = {"title": title, "text": text, "url": url}

    def notify(self, context: Context) -> None:
        with Path(self.path).open("a", encoding="utf-8") as file:
            file.write(json.dumps(self.entry) + "\n")
