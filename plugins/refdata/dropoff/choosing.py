"""The one place that knows which source of dropped files the settings name."""

from __future__ import annotations

from refdata.core.settings import Settings
from refdata.dropoff import Dropoff
from refdata.dropoff.source import Source


def source_of(settings: Settings) -> Source:
    """Where files are dropped: the folder tree below ``dropoff_root``."""
    return Dropoff.of(settings)
