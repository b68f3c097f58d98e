"""A contract file as a contract: ``contracts/airports.yaml``, or the descriptor of another tool."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from refdata.contracts.fieldparts import FieldReader, facts_of
from refdata.contracts.keys import CONTRACT, DIALECT, OWN, RULES, SCHEMA
from refdata.contracts.nodes import Node, parse
from refdata.contracts.parsing import MOST_SHOWN, ParsedSection, Parser, Problem, nearest
from refdata.core import naming
from refdata.core.contract import (
    Contract,
    FieldContract,
    ForeignKey,
    KeptAnswer,
    LoadRules,
    Origin,
    TableDialect,
    UniqueKey,
)
from refdata.core.contractterms import Layer, LoadMode, Severity
from refdata.core.errors import ConfigurationError
from refdata.core.naming import fold_name
from refdata.core.tablenames import table_name


@dataclass(frozen=True, slots=True)
class ReadContract:
    """A contract, and the keys of its file that were ignored because refdata does not know them."""

    contract: Contract
    left_aside: tuple[Problem, ...] = ()


def read_contract(text: str, table: str, source: str) -> Contract:
    """The contract in a file's text.

    :param table: the table that the file is for.
    :param source: the file's name, for messages and origins.
    :raises ConfigurationError: naming each problem with its line and what is allowed there.
    """
    return read_resource(parse(text, source), table, source, strict=True).contract


def read_resource(root: Node, table: str, source: str, *, strict: bool) -> ReadContract:
    """The contract in a resource descriptor.

    :param strict: an unknown key is an error; else it is ignored and reported, as is a name that is not the table's.
    :raises ConfigurationError: as ``read_contract``.
    """
    parser = Parser(strict)
    parsed = parser.section(root, CONTRACT)
    contract = _Builder(parser, Origin(Layer.DECLARED, source)).contract(parsed, table)
    if strict and parsed.get("name") and table_name(parsed.get("name")) != table:
        parser.note(parsed.line_of("name"), "name", f"{parsed.get('name')!r} is not the table of this file, {table!r}")
    refuse_problems(parser.problems, source)
    return ReadContract(contract, tuple(parser.left_aside))


def refuse_problems(problems: Sequence[Problem], source: str) -> None:
    """:raises ConfigurationError: naming the problems, the first lines first."""
    if not problems:
        return
    listed = sorted(problems, key=lambda one: one.line)
    shown = "; ".join(str(one) for one in listed[:MOST_SHOWN])
    more = f"; and {len(listed) - MOST_SHOWN} more" if len(listed) > MOST_SHOWN else ""
    count = "1 problem" if len(listed) == 1 else f"{len(listed)} problems"
    raise ConfigurationError(
        f"The contract has {count}: {shown}{more}",
        where=f"{source}, line {listed[0].line}",
        advice="Correct the lines; docs/contracts.md lists every key.",
    )


@dataclass(frozen=True, slots=True)
class _Builder:
    """Builds the model from a parsed file; ``origin`` has the file."""

    parser: Parser
    origin: Origin

    def contract(self, parsed: ParsedSection, table: str) -> Contract:
        schema, own = parsed.section("schema"), parsed.section("refdata")
        columns = FieldReader(self.parser, self.origin).fields(schema.sections.get("fields", []))
        written = _written_names(schema.sections.get("fields", []), columns)
        facts: dict[str, object] = {}
        origins: dict[str, Origin] = {}
        for section, keys in ((parsed, CONTRACT), (schema, SCHEMA), (own, [key for key in OWN if key not in RULES])):
            stated, lines = facts_of(section, keys, self.origin)
            facts, origins = facts | stated, origins | lines
        for name, value, line in self._keys(schema, own, written, table):
            facts[name], origins[name] = value, replace(self.origin, line=line)
        made = Contract(
            table=table,
            dialect=self._dialect(parsed.section("dialect")),
            fields=columns,
            rules=self._rules(own, written),
            answers=self._answers(own),
            origins=origins,
            **facts,  # type: ignore[arg-type]
        )
        self._check(own, made)
        return made

    def _dialect(self, parsed: ParsedSection) -> TableDialect:
        facts, origins = facts_of(parsed, DIALECT, self.origin)
        nested, lines = facts_of(parsed.section("csv"), DIALECT, self.origin)
        facts, origins = nested | facts, lines | origins
        made = TableDialect(origins=origins, **facts)  # type: ignore[arg-type]
        marks = (made.delimiter, made.quote_char or None, made.escape_char or None, made.comment_char or None)
        used = [mark for mark in marks if mark]
        if len(set(used)) < len(used) and not (made.quote_char and made.quote_char == made.escape_char):
            self._note(parsed, "delimiter", "delimiter, quoteChar, escapeChar and commentChar must differ")
        if made.escape_char in ("'", '"') and made.escape_char != (made.quote_char or '"'):
            self._note(parsed, "escapeChar", "it must be a backslash or the quote itself")
        if made.double_quote is False and made.escape_char != "\\":
            self._note(
                parsed, "doubleQuote", "quotes within quotes are doubled or escaped: state escapeChar, a backslash"
            )
        if made.header is False and made.header_rows:
            self._note(parsed, "headerRows", "header is false, so there are no header rows")
        rows = made.header_rows or ()
        if rows and list(rows) != list(range(rows[0], rows[0] + len(rows))):
            self._note(parsed, "headerRows", "the header's rows must be consecutive")
        return made

    def _rules(self, own: ParsedSection, written: dict[str, str]) -> LoadRules:
        facts, origins = facts_of(own, RULES, self.origin)
        if "keys" in facts:
            facts["keys"] = self._columns(own, "keys", own.get("keys"), written)
        return LoadRules(origins=origins, **facts)  # type: ignore[arg-type]

    def _answers(self, own: ParsedSection) -> tuple[KeptAnswer, ...]:
        return tuple(
            KeptAnswer(one.get("question"), one.get("subject"), one.get("answer"), replace(self.origin, line=one.line))
            for one in own.sections.get("answers", [])
            if one.get("question") and one.get("answer") and one.get("subject") is not None
        )

    def _keys(
        self, schema: ParsedSection, own: ParsedSection, written: dict[str, str], table: str
    ) -> list[tuple[str, object, int]]:
        """Primary, unique and foreign keys by the columns' database names, each with its line."""
        stated: list[tuple[str, object, int]] = []
        if schema.get("primaryKey"):
            names = self._columns(schema, "primaryKey", schema.get("primaryKey"), written)
            stated.append(("primary_key", names, schema.line_of("primaryKey")))
        warned = set(own.get("warn_keys") or ())
        if schema.get("uniqueKeys"):
            keys = tuple(
                UniqueKey(self._columns(schema, "uniqueKeys", names, written),
                          Severity.WARN if names in warned else Severity.ERROR)
                for names in schema.get("uniqueKeys")
            )  # fmt: skip
            stated.append(("unique_keys", keys, schema.line_of("uniqueKeys")))
        for names in sorted(warned - set(schema.get("uniqueKeys") or ())):
            self._note(own, "warn_keys", f"{', '.join(names)} is not one of the uniqueKeys")
        foreign = schema.sections.get("foreignKeys", [])
        if foreign:
            stated.append(("foreign_keys", tuple(self._foreign_keys(foreign, written, table)), foreign[0].line))
        return stated

    def _foreign_keys(self, sections: Sequence[ParsedSection], written: dict[str, str], table: str) -> list[ForeignKey]:
        keys = []
        for section in sections:
            reference = section.section("reference")
            ours, theirs = section.get("fields") or (), reference.get("fields") or ()
            if not ours or not theirs:
                continue
            if len(ours) != len(theirs):
                self._note(section, "fields", f"{len(ours)} columns refer to {len(theirs)}")
            names = self._columns(section, "fields", ours, written)
            resource = reference.get("resource") or ""
            keys.append(
                ForeignKey(names, table_name(resource) if resource else table, naming.column_names(theirs),
                           section.get("severity") or Severity.ERROR)
            )  # fmt: skip
        return keys

    def _columns(
        self, section: ParsedSection, key: str, names: Sequence[str], written: dict[str, str]
    ) -> tuple[str, ...]:
        """Database names of columns by the fields' names in the file."""
        columns = []
        for name in names:
            known = written.get(name) or written.get(fold_name(name))
            if known is None and written:
                near = nearest(name, list(written))
                hint = f"did you mean {near}?" if near else "add it to the fields"
                self._note(section, key, f"{name} is not one of the fields; {hint}")
            columns.append(known or naming.column_names([name])[0])
        if len(set(columns)) < len(columns):
            self._note(section, key, "a column is named twice")
        return tuple(columns)

    def _check(self, own: ParsedSection, made: Contract) -> None:
        if made.load is LoadMode.UPSERT and not made.primary_key:
            self._note(own, "load", "upsert replaces rows of the same primary key, and there is none: add primaryKey")

    def _note(self, section: ParsedSection, key: str, what: str) -> None:
        path = f"{section.path}.{key}" if section.path else key
        self.parser.note(section.line_of(key), path, what)


def _written_names(sections: Sequence[ParsedSection], columns: Sequence[FieldContract]) -> dict[str, str]:
    """The database names of fields by their names in the file, and by themselves."""
    texts = [section.get("name") for section in sections if section.get("name")]
    by_name = {fold_name(column.name): column.name for column in columns}
    return {**by_name, **{text: column.name for text, column in zip(texts, columns, strict=True)}}
