"""How much of a table a publish changed. Pure."""

from __future__ import annotations

from refdata.core.model import Publication, Published
from refdata.core.publishing import replaces


def changed_share(request: Publication, published: Published, rows: int) -> float:
    """The share of a table's rows that a publish changed: 0 for none, 1 for all of them or more.

    :param rows: how many rows the table has now.
    """
    counts = published.counts
    if counts is None and replaces(request):
        return 1.0
    changed = published.rows if counts is None else counts.inserted + counts.updated + counts.removed
    return min(1.0, changed / max(rows, 1))
