"""The page's icon in Airflow's navigation, as data addresses: a table whose first column is its key."""

from __future__ import annotations

from urllib.parse import quote

_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="{colour}" stroke-width="1.5"'
    ' stroke-linecap="round" stroke-linejoin="round"><rect x="3" y="4" width="18" height="16" rx="2"/>'
    '<path d="M3 9.5h18M3 15h18M9.5 4v16"/></svg>'
)


def _address(colour: str) -> str:
    return f"data:image/svg+xml,{quote(_SVG.format(colour=colour))}"


# The colours of the navigation's own icons on Airflow 3.3 (Chakra's fg token).
LIGHT = _address("#000000")
DARK = _address("#f5f5f5")
