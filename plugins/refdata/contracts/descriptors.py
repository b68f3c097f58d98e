"""Descriptors that other tools wrote: a Data Package, one of its resources, or a Table Schema alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from refdata.contracts.files import read_text
from refdata.contracts.nodes import Form, Node, parse
from refdata.contracts.reading import ReadContract, read_resource
from refdata.core.errors import ConfigurationError
from refdata.core.tablenames import table_name

_REFERRED = ("dialect", "schema")


def read_descriptor(path: Path, table: str = "") -> ReadContract:
    """The contract in a descriptor (version 1 or 2 of the standard, YAML or JSON).

    Unknown keys are ignored and reported. A dialect or schema in a separate file is read if it
    is beside or below the descriptor.

    :param table: the table that it is for; default: the resource's name, or the file's for a schema alone.
    :raises ConfigurationError: when it is not a descriptor, has several resources but none of that name, or a value
        in it is wrong, naming the line.
    """
    root = parse(read_text(path), path.name)
    resources = root.get("resources")
    resource = _resource(resources, table, path.name) if resources else _alone(root)
    resource = replace(resource, pairs=tuple((key, _resolved(key, value, path)) for key, value in resource.pairs))
    name = resource.get("name")
    return read_resource(resource, table or table_name(name.text if name else path.stem), path.name, strict=False)


def _resource(resources: Node, table: str, source: str) -> Node:
    names = {table_name(name.text): one for one in resources.items if (name := one.get("name"))}
    if table in names or (not table and len(names) == 1):
        return names[table] if table else next(iter(names.values()))
    raise ConfigurationError(
        f"The package has the resources {', '.join(names) or 'none with a name'}"
        + (f", and none is {table}" if table else "; one of them must be chosen"),
        where=f"{source}, line {resources.line}",
        advice="Name one of them with --table.",
    )


def _alone(root: Node) -> Node:
    """A resource; a schema alone (it has ``fields``) becomes one."""
    fields = root.get("fields")
    if fields is None or fields.form is not Form.LIST or root.get("schema"):
        return root
    return Node(Form.MAPPING, root.line, pairs=((Node(Form.SCALAR, root.line, text="schema"), root),))


def _resolved(key: Node, value: Node, path: Path) -> Node:
    """Replaces a dialect or schema that names another file with the content of that file."""
    if key.text not in _REFERRED or value.form is not Form.SCALAR or value.is_empty:
        return value
    other = (path.parent / value.text).resolve()
    if ":" in value.text or not other.is_relative_to(path.parent.resolve()) or not other.is_file():
        raise ConfigurationError(
            f"The {key.text} is said to be in {value.text}, which is not a file beside or below the descriptor",
            where=f"{path.name}, line {value.line}",
            advice="Put it there, or write it into the descriptor.",
        )
    return parse(read_text(other), value.text)
