"""The one file that adds refdata's DAGs to an Airflow which has only the installed package.

``refdata dags > dags/refdata.py`` writes it. It contains no wiring, so an upgrade of the package upgrades the DAGs.
"""

from __future__ import annotations

DAG_FILE = '''"""refdata's DAGs, out of the installed package. Written by `refdata dags`; upgrades need no new file."""

from airflow.sdk import DAG  # noqa: F401  Airflow looks for DAGs only in files that mention it

from refdata.dags import refdata_dags

globals().update(refdata_dags())
'''
"""The text of the one file."""
