"""The same deployment in a temporary folder as the tests of the single steps."""

from __future__ import annotations

from tests.integration.ingest.conftest import make_site, site

__all__ = ["make_site", "site"]
