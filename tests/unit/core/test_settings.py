"""Settings: every default is valid, every limit is kept, every refusal names the setting."""

from __future__ import annotations

from dataclasses import Field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdata.core.errors import ConfigurationError
from refdata.core.settings import LIMIT, Settings, allowed, parse, specs

SPECS = {spec.name: spec for spec in specs()}
NUMBERS = [spec for spec in specs() if spec.type in ("int", "float")]
CHOICES = [spec for spec in specs() if spec.metadata["choices"]]
PATTERNS = [spec for spec in specs() if spec.metadata["pattern"] not in ("", LIMIT)]


def ids(spec: Field[Any]) -> str:
    return spec.name


@pytest.mark.parametrize("spec", specs(), ids=ids)
def test_a_default_written_as_text_is_read_as_itself(spec: Field[Any]) -> None:
    assert getattr(parse({spec.name: str(spec.default)}), spec.name) == spec.default


@pytest.mark.parametrize("spec", specs(), ids=ids)
def test_a_setting_says_what_it_means_in_a_sentence(spec: Field[Any]) -> None:
    meaning = spec.metadata["meaning"]
    assert meaning[0].isupper()
    assert meaning.endswith(".")


def test_omitted_settings_keep_their_defaults() -> None:
    assert parse({}) == Settings()
    assert parse({"stability_checks": " 3 "}) == Settings(stability_checks=3)


@pytest.mark.parametrize(
    ("name", "written", "value"),
    [
        ("stability_checks", "1", 1),
        ("stability_interval", "0.05", 0.05),
        ("stability_interval", "2", 2.0),
        ("allow_empty_full_load", "True", True),
        ("allow_empty_full_load", " yes ", True),
        ("allow_empty_full_load", "off", False),
        ("allow_empty_full_load", "0", False),
        ("load_method", "bulk", "bulk"),
        ("ref_schema", " masterdata ", "masterdata"),
        ("processed_root", "", ""),
        ("code_page", "cp932", "cp932"),
    ],
)
def test_text_is_read_as_the_type_of_the_setting(name: str, written: str, value: object) -> None:
    assert getattr(parse({name: written}), name) == value


@pytest.mark.parametrize("spec", NUMBERS, ids=ids)
def test_a_number_has_a_lower_limit_and_takes_both_its_limits(spec: Field[Any]) -> None:
    limits = [spec.metadata["least"], spec.metadata["most"]]
    assert limits[0] is not None
    assert limits[1] is not None or spec.type == "int", "infinity must be out of range"
    for limit in (limit for limit in limits if limit is not None):
        assert getattr(parse({spec.name: str(limit)}), spec.name) == limit


@pytest.mark.parametrize("spec", NUMBERS, ids=ids)
@pytest.mark.parametrize("written", ["-1e9", "nan", "inf", "-inf", "1e400", "many", "", "0x10", "1;2"])
def test_a_number_out_of_range_is_refused_by_name(spec: Field[Any], written: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"Setting {spec.name} has the value '{written}'"):
        parse({spec.name: written})


@pytest.mark.parametrize("spec", [spec for spec in NUMBERS if spec.metadata["most"] is not None], ids=ids)
def test_a_number_above_its_limit_is_refused_with_the_range(spec: Field[Any]) -> None:
    with pytest.raises(ConfigurationError, match=f"it must be {allowed(spec)}"):
        parse({spec.name: str(spec.metadata["most"] + 1)})


@pytest.mark.parametrize("spec", CHOICES, ids=ids)
def test_a_choice_takes_its_words_and_no_other(spec: Field[Any]) -> None:
    for word in spec.metadata["choices"]:
        assert getattr(parse({spec.name: word}), spec.name) == word
    with pytest.raises(
        ConfigurationError, match=f"Setting {spec.name} .* one of {', '.join(spec.metadata['choices'])}"
    ):
        parse({spec.name: "other"})


@pytest.mark.parametrize("spec", [spec for spec in PATTERNS if spec.default], ids=ids)
def test_a_name_that_must_be_given_is_not_empty(spec: Field[Any]) -> None:
    with pytest.raises(ConfigurationError, match=f"Setting {spec.name} "):
        parse({spec.name: "  "})


@pytest.mark.parametrize("name", ["ref_schema", "bkp_schema", "ledger_table", "config_table"])
@pytest.mark.parametrize("written", ["a]b", "../up", "a b", "1st", "x" * 101, "x;DROP TABLE y"])
def test_a_database_name_is_one_plain_word(name: str, written: str) -> None:
    with pytest.raises(ConfigurationError, match=f"Setting {name} .* letters, digits and underscores"):
        parse({name: written})


@pytest.mark.parametrize(
    "values",
    [{"ref_schema": "bkp"}, {"bkp_schema": "REF"}, {"ledger_table": "cfg", "config_table": "CFG"}],
)
def test_names_that_must_differ_do(values: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="must differ"):
        parse(values)


@pytest.mark.parametrize("written", ["latin-99", "base64", "rot13", "cp 1252 x"])
def test_the_code_page_is_an_encoding_of_text(written: str) -> None:
    with pytest.raises(ConfigurationError, match="Setting code_page"):
        parse({"code_page": written})


@pytest.mark.parametrize("written", ["maybe", "", "2", "None"])
def test_a_switch_is_true_or_false(written: str) -> None:
    with pytest.raises(ConfigurationError, match="Setting allow_empty_full_load"):
        parse({"allow_empty_full_load": written})


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match="Unknown setting stabilty_checks") as caught:
        parse({"stabilty_checks": "6"}, source="env")
    assert caught.value.where == "env"
    assert "stability_checks" in caught.value.advice


@given(st.dictionaries(st.sampled_from(sorted(SPECS)), st.text(max_size=20)))
def test_any_text_is_either_read_within_the_limits_or_refused(values: dict[str, str]) -> None:
    try:
        settings = parse(values)
    except ConfigurationError as error:
        assert error.advice
    else:
        assert parse({name: str(getattr(settings, name)) for name in values}) == settings


@pytest.mark.parametrize("text", ["", "0", "100", "5%", "12.5%"])
def test_a_limit_is_a_number_a_percentage_or_nothing(text: str) -> None:
    assert parse({"gate_rows_removed": text}).gate_rows_removed == text


@pytest.mark.parametrize("text", ["-1", "5 percent", "1.5", "%", "1e3"])
def test_a_malformed_limit_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="a number, a percentage or empty"):
        parse({"gate_rows_removed": text})
