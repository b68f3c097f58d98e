"""``get_provider_info`` against Airflow's own schema and against what is there."""

from __future__ import annotations

import importlib
import json
import pkgutil
import tomllib
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

import refdata.plugin
from refdata.core.settings import Settings, parse, specs
from refdata.get_provider_info import get_provider_info

PROJECT = Path(__file__).parents[3]
INFO = get_provider_info()
OPTIONS = INFO["config"]["refdata"]["options"]


def test_the_description_fits_airflows_schema() -> None:
    schema = json.loads(files("airflow").joinpath("provider_info.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator(schema).validate(INFO)


def test_names_are_those_of_the_distribution() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert INFO["package-name"] == project["name"]
    module, _, name = project["entry-points"]["airflow.plugins"]["refdata"].partition(":")
    assert pkgutil.resolve_name(f"{module}.{name}") is refdata.plugin.RefDataPlugin
    assert [pkgutil.resolve_name(plugin["plugin-class"]) for plugin in INFO["plugins"]] == [
        refdata.plugin.RefDataPlugin
    ]


def test_every_setting_is_declared_and_its_default_is_what_parsing_gives() -> None:
    assert list(OPTIONS) == [spec.name for spec in specs()]
    assert parse({name: option["default"].replace("%%", "%") for name, option in OPTIONS.items()}) == Settings()


@pytest.mark.parametrize("name", OPTIONS)
def test_a_setting_says_what_it_means(name: str) -> None:
    option = OPTIONS[name]
    assert option["description"].endswith(".")
    assert option["version_added"]
    assert option["type"] in ("string", "integer", "float", "boolean")


@pytest.mark.parametrize("kind", ["hooks", "operators", "sensors", "triggers"])
def test_every_module_of_a_kind_is_listed_and_can_be_imported(kind: str) -> None:
    package = importlib.import_module(f"refdata.{kind}")
    modules = [module.name for module in pkgutil.iter_modules(package.__path__) if not module.name.startswith("_")]
    there = [f"refdata.{kind}.{name}" for name in modules]
    listed = [module for entry in INFO[kind] for module in entry["python-modules"]]
    assert sorted(listed) == sorted(there)
    for module in listed:
        importlib.import_module(module)


def test_every_connection_type_has_a_hook_that_can_be_imported() -> None:
    for entry in INFO["connection-types"]:
        assert pkgutil.resolve_name(entry["hook-class-name"]).conn_type == entry["connection-type"]
