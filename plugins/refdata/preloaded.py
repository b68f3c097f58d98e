"""Imports what the tasks need as soon as it is imported itself: for a Celery worker, which no listener reaches.

Airflow calls the listeners when one of its jobs starts, and a Celery worker is not a job. Celery imports what its
setting ``imports`` names before it forks: ``AIRFLOW__CELERY__EXTRA_CELERY_CONFIG={"imports": ["refdata.preloaded"]}``.
"""

from __future__ import annotations

from refdata.plugin.preload import import_ahead

import_ahead()
