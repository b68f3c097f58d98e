"""Shared fixtures of all tests."""

from __future__ import annotations

import pytest
from hypothesis import settings

from tests.skips import guard

# A test says what is right, not how fast it is: a busy machine must not fail one.
settings.register_profile("refdata", deadline=None)
settings.load_profile("refdata")


def pytest_configure(config: pytest.Config) -> None:
    """In CI a test skips for a stated reason only."""
    found = guard()
    if found is not None:
        config.pluginmanager.register(found, "refdata-skips")
