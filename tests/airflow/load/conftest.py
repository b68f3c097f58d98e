"""The load's fixtures, for the modules of this folder that do not define them."""

from __future__ import annotations

from tests.airflow.load.test_load_dag import _fresh_settings, root  # noqa: F401
