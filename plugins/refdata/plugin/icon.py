"""The page's icon in Airflow's navigation, as data addresses: a table whose first row is its header."""

from __future__ import annotations

from urllib.parse import quote

_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="{line}" stroke-width="2"'
    ' stroke-linecap="round" stroke-linejoin="round">'
    '<rect x="2.5" y="3.5" width="19" height="17" rx="2.5" fill="{fill}"/>'
    '<path d="M3 9.5h18M3 15h18M9.5 9.5v11"/></svg>'
)


def _address(fill: str, line: str) -> str:
    return f"data:image/svg+xml,{quote(_SVG.format(fill=fill, line=line))}"


# An image cannot know that its entry is selected, whose background is dark in the light theme too:
# white lines on a filled sheet show on both. The colours are those of Airflow 3.3's own icons.
LIGHT = _address("#3d5570", "#ffffff")
DARK = _address("none", "#c3cbd6")
