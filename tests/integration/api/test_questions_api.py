"""``ReferenceData.questions``: what waits, whatever holds the load, and the answers that a table keeps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from refdata.api import ReferenceData
from refdata.core.errors import DataError
from refdata.ingest.align import align_table
from refdata.ingest.detect import detect_format
from tests.integration.ingest.conftest import Site
from tests.integration.ingest.test_gate import held_load

PRODUCTS = "sku,title,price,currency\nA1,Bolt,1.50,EUR\nB2,Nut,0.10,EUR\n"


def data(site: Site) -> ReferenceData:
    return ReferenceData(site.deps.settings, site.deps.warehouse, clock=site.clock)


def held_by_question(site: Site, name: str) -> int:
    """A load that waits because a column is gone."""
    site.load(site.drop(name, PRODUCTS))
    file = site.drop(name, PRODUCTS.replace("price", "eur"))
    deps = replace(site.deps, asks=True)
    detection = detect_format(deps, file, f"run {site.clock()}")
    align_table(deps, file, detection)
    return detection.load_id


def test_a_load_held_by_the_gate_asks_whether_to_publish_it(make_site: Any) -> None:
    site: Site = make_site(gate=True)
    _, detection, _ = held_load(site)
    questions = data(site).questions
    (asked,) = questions.waiting()
    assert (asked.load_id, asked.question.name) == (detection.load_id, "change_gate")
    assert questions.of_load(detection.load_id) == (asked,)
    row, open_questions = questions.held(detection.load_id)
    assert (row.id, open_questions) == (detection.load_id, (asked.question,))


def test_what_waits_is_listed_by_load_and_by_table(site: Site) -> None:
    loads = [held_by_question(site, name) for name in ("products.csv", "parts.csv")]
    questions = data(site).questions
    assert [one.load_id for one in questions.waiting()] == loads
    assert [one.load_id for one in questions.waiting("PARTS")] == loads[1:]
    assert questions.waiting("elsewhere") == ()
    assert [one.question.name for one in questions.waiting()] == ["column_missing:price"] * 2


def test_a_load_that_waits_for_nobody_is_no_held_one(site: Site) -> None:
    row = site.load(site.drop("products.csv", PRODUCTS))
    for number in (row.id, 2**31 - 1):
        with pytest.raises(DataError, match=f"Load {number} waits for no answer"):
            data(site).questions.held(number)


@pytest.mark.parametrize(("by", "reason"), [("", "why"), ("ann", " ")])
def test_a_withdrawal_needs_a_name_and_a_reason(site: Site, by: str, reason: str) -> None:
    with pytest.raises(ValueError, match="a reason and the name"):
        data(site).questions.withdraw(1, by=by, reason=reason)
