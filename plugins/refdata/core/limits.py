"""The limits of one answer of the API, the commands and the page."""

MAX_PAGE = 500
"""Rows of one page."""
MAX_DAYS = 366
"""Days of one overview."""
