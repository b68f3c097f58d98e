"""The sites of these tests are those of the loads."""

from tests.integration.ingest.conftest import make_site, site

__all__ = ["make_site", "site"]
