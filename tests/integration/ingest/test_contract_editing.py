"""A contract is tried on the table's own rows before it is saved, and saved at once or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from refdata.api import ReferenceData
from refdata.contracts.files import folder_of
from refdata.core.errors import ConfigurationError, DataError
from tests.integration.ingest.conftest import FULL, Site

BY: dict[str, Any] = {"by": "ada", "reason": "as agreed"}
RATES = "code,rate,since\nEUR,1.25,2024-01-02\nUSD,0.90,2024-01-03\nEUR,7.50,2024-01-04\n,2.00,2024-01-05\n"


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    made = make_site(on_missing_column="null", on_type_change="widen")
    made.load(made.drop("rates.csv", RATES, folder=FULL), "first")
    return made


def desk(site: Site) -> ReferenceData:
    return ReferenceData(site.deps.settings, site.deps.warehouse, clock=site.clock)


def rule(column: str, constraint: str) -> str:
    return f"schema:\n  fields:\n    - name: {column}\n      constraints: {{{constraint}}}\n"


@pytest.mark.parametrize(("text", "outcome", "rejected"), [
    ("title: Rates\n", "", 0),
    (rule("code", "maxLength: 3"), "", 0),
    (rule("code", "required: true"), "refused", 1),
    (rule("code", "enum: [EUR]"), "refused", 1),
    (rule("rate", "maximum: 5"), "refused", 1),
    (rule("since", "minimum: '2024-01-04'"), "refused", 2),
    ("schema: {primaryKey: code}\n", "refused", 2),
    (rule("rate", "maximum: 5") + "refdata: {max_rejected_rows: 1}\n", "", 1),
    (rule("rate", "maximum: 5").replace("{maximum: 5}", "{maximum: 5}\n      refdata: {warn: [maximum]}"), "warned", 0),
])  # fmt: skip
def test_a_trial_shows_what_the_live_rows_would_break(site: Site, text: str, outcome: str, rejected: int) -> None:
    shown = desk(site).contracts.try_out("rates", text)
    assert (bool(shown.refused), shown.rejected) == (outcome == "refused", rejected), (shown.refused, shown.warnings)
    assert len(shown.rejects) == rejected
    assert outcome != "warned" or shown.warnings
    assert len(site.rows("rates", "code")) == 4
    assert not folder_of(site.deps.settings).exists()
    assert [row.file_name for row in site.deps.ledger.page().files] == ["rates.csv"], "no load was registered"


def test_rows_that_a_table_gained_by_hand_are_tried_too(site: Site) -> None:
    site.database.run("INSERT INTO ref.[rates] (code, rate) VALUES ('JPY', 9.99)")
    shown = desk(site).contracts.try_out("rates", rule("rate", "maximum: 8"))
    assert [one.raw for one in shown.rejects] == ["JPY,9.99,"]


def test_a_key_of_another_table_is_looked_up_there(site: Site) -> None:
    site.load(site.drop("currencies.csv", "code,name\nEUR,Euro\n", folder=FULL), "second")
    foreign = "schema:\n  foreignKeys:\n    - {fields: code, reference: {resource: currencies, fields: code}}\n"
    shown = desk(site).contracts.try_out("rates", foreign)
    assert [one.raw for one in shown.rejects] == ["USD,0.90,2024-01-03"]


def test_a_contract_is_saved_with_its_reason_and_the_facts_that_differ(site: Site) -> None:
    contracts = desk(site).contracts
    first = contracts.text("rates")
    assert (first.name, first.digest) == ("", "")
    assert "rates" in first.text
    done = contracts.save("Rates", rule("code", "maxLength: 3"), before="", **BY)
    assert done.name == "contracts/rates.yaml"
    assert contracts.text("rates") == done
    contracts.save("rates", rule("code", "maxLength: 4"), before=done.digest, **BY)
    newest, oldest = desk(site).audit("rates")
    assert (newest.action, newest.actor, newest.reason, newest.subject) == (
        "contract", "ada", "as agreed", "contracts/rates.yaml",
    )  # fmt: skip
    assert newest.detail["facts"] == ["schema.fields.code.constraints.maxLength"]
    assert len(oldest.detail["facts"]) >= 1
    refused = site.load(site.drop("rates.csv", RATES.replace("EUR", "EUROS"), folder=FULL), "third")
    assert refused.status == "error"


def test_nobody_overwrites_what_another_has_saved(site: Site) -> None:
    contracts = desk(site).contracts
    done = contracts.save("rates", "title: One\n", before="", **BY)
    for before in ("", "0" * 16):
        with pytest.raises(DataError, match="Somebody has changed the contract"):
            contracts.save("rates", "title: Two\n", before=before, **BY)
    assert contracts.text("rates") == done


@pytest.mark.parametrize("text", ["title: [", "nonsense: 1\n", "schema: {fields: 7}\n", "name: other\n"])
def test_what_is_no_contract_is_neither_tried_nor_saved(site: Site, text: str) -> None:
    contracts = desk(site).contracts
    with pytest.raises(ConfigurationError):
        contracts.try_out("rates", text)
    with pytest.raises(ConfigurationError):
        contracts.save("rates", text, before="", **BY)
    assert not folder_of(site.deps.settings).exists()


def test_other_contracts_and_the_form_of_the_file_stay(site: Site) -> None:
    folder = folder_of(site.deps.settings)
    folder.mkdir()
    (folder / "rates.json").write_text('{"title": "Rates"}')
    (folder / "other.yaml").write_text("title: Other  # by hand\n")
    text = desk(site).contracts.text("rates")
    desk(site).contracts.try_out("rates", '{"title": "More"}')
    desk(site).contracts.save("rates", '{"title": "More"}', before=text.digest, **BY)
    assert sorted(path.name for path in folder.iterdir()) == ["other.yaml", "rates.json"]
    assert Path(folder / "other.yaml").read_text() == "title: Other  # by hand\n"


@pytest.mark.parametrize("missing", ["by", "reason"])
def test_who_and_why_are_required(site: Site, missing: str) -> None:
    with pytest.raises(ValueError, match="a reason and the name"):
        desk(site).contracts.save("rates", "title: One\n", before="", **{**BY, missing: " "})


def test_a_table_that_does_not_exist_is_said_to_be_missing(site: Site) -> None:
    with pytest.raises(DataError):
        desk(site).contracts.try_out("nowhere", "title: Nowhere\n")


RULES_FILE = "tables:\n  rates:\n    gate: true\n    versions_kept: 7\n  other:\n    frozen: true\n"


def test_the_editor_shows_the_rules_that_stand_elsewhere_and_the_contract_wins(site: Site) -> None:
    rules = Path(site.deps.settings.tables_file)
    rules.write_text(RULES_FILE)
    beside = desk(site).contracts.text("rates").beside
    assert [(fact.key, fact.text, str(fact.origin)) for fact in beside] == [
        ("refdata.gate", "true", "declared in tables.yaml, line 3"),
        ("refdata.versions_kept", "7", "declared in tables.yaml, line 4"),
    ]
    done = desk(site).contracts.save("rates", "refdata: {versions_kept: 9}\n", before="", **BY)
    assert [fact.key for fact in desk(site).contracts.text("rates").beside] == ["refdata.gate"]
    assert site.deps.rules("rates").versions_kept == 9
    rules.write_text("tables: [\n")
    assert (desk(site).contracts.text("rates").text, desk(site).contracts.text("rates").beside) == (done.text, ())


def test_the_overview_has_each_table_with_its_rules_and_what_is_wrong(site: Site) -> None:
    for name in ("wrong", "twice", "plain"):
        site.load(site.drop(f"{name}.csv", "code,name\nA,one\n", folder=FULL), name)
    Path(site.deps.settings.tables_file).write_text(RULES_FILE)
    folder = folder_of(site.deps.settings)
    folder.mkdir()
    (folder / "Rates.yaml").write_text("refdata: {steward: eva, max_rejected_rows: 3}\nschema: {primaryKey: since}\n")
    (folder / "wrong.yaml").write_text("title: [\n")
    for name in ("twice.yaml", "twice.json"):
        (folder / name).write_text("{}")
    shown = {one.table: one for one in desk(site).contracts.overview()}
    assert list(shown) == ["plain", "rates", "twice", "wrong"]
    rates = shown["rates"]
    assert (rates.file, rates.steward, rates.trouble) == ("contracts/Rates.yaml", "eva", "")
    assert [(fact.key, fact.text) for fact in rates.rules] == [
        ("refdata.max_rejected_rows", "3"), ("refdata.gate", "true"), ("refdata.versions_kept", "7"),
    ]  # fmt: skip
    assert rates.facts > len(rates.rules)
    assert (shown["plain"].file, shown["plain"].rules, shown["plain"].trouble) == ("", (), "")
    assert (shown["twice"].file, "has 2 contracts" in shown["twice"].trouble) == (
        "contracts/twice.json, contracts/twice.yaml",
        True,
    )
    assert "contracts/wrong.yaml" in shown["wrong"].trouble
