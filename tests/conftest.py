"""What all tests share."""

from __future__ import annotations

from hypothesis import settings

# A test says what is right, not how fast it is: a busy machine must not fail one.
settings.register_profile("refdata", deadline=None)
settings.load_profile("refdata")
