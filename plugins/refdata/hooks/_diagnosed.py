"""A test button that says what is wrong; Airflow's own only says that the connection failed."""

from __future__ import annotations

import dataclasses

from refdata.config import load_settings
from refdata.core.errors import RefdataError
from refdata.warehouse.connect import open_warehouse


class DiagnosedMixin:
    """``test_connection`` through the warehouse that loads use."""

    conn_name_attr: str

    def test_connection(self) -> tuple[bool, str]:
        """Whether loads can run over this connection, and why not: unreachable, login refused, database
        missing, permission missing, or not initialised."""
        try:
            settings = dataclasses.replace(load_settings(), conn_id=getattr(self, self.conn_name_attr))
            diagnosis = open_warehouse(settings).diagnose()
        except RefdataError as error:
            return False, str(error)
        return (
            diagnosis.ok,
            diagnosis.message if diagnosis.trouble is None else f"{diagnosis.trouble}: {diagnosis.message}",
        )
