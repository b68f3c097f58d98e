"""The figures of one file agree, wherever they are shown."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from refdata.plugin.schemas import FileView

if TYPE_CHECKING:
    from tests.integration.ingest.conftest import Site


@pytest.mark.parametrize("allowed", [0, 9], ids=["refused", "let through"])
@pytest.mark.parametrize(("good", "damaged"), [(1, 1), (98, 2), (60, 9)])
def test_the_rows_of_a_file_are_those_that_are_fit_and_those_that_are_damaged(
    make_site: Callable[..., Site], good: int, damaged: int, allowed: int
) -> None:
    site = make_site(max_rejected_rows=allowed)
    rows = [f"{number:03d},a\n" for number in range(good)] + ["x,y,z\n"] * damaged
    row = site.load(site.drop("cities.csv", "code,name\n" + "".join(rows)))
    view = FileView.of(row)
    assert (view.rows_fit, view.rows_rejected, view.rows_read) == (good, damaged, good + damaged)
    reported = re.search(r"(\d+) of (\d+) rows (?:is|are) damaged", row.error_message or "")
    assert (reported is None) == bool(allowed)
    if reported is not None:
        assert (int(reported[1]), int(reported[2])) == (view.rows_rejected, view.rows_read)
    else:
        assert view.rows_loaded == view.rows_fit
