"""Every key that a contract file may have, declared once: name, kind, meaning, and the fact that it states.

The parser, the JSON Schema for editors and the documentation page are made from these lists.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from refdata.contracts.values import (
    Anything,
    CodecName,
    Flag,
    Limit,
    NameLists,
    Number,
    OneOf,
    RowNumbers,
    Text,
    Texts,
    ValueKind,
    Whole,
)
from refdata.core.contractterms import (
    FieldsMatch,
    FieldType,
    LoadMode,
    Minus,
    OnDoubtfulRows,
    OnMissingColumn,
    OnNewColumn,
    OnOrphans,
    OnTypeChange,
    Severity,
)
from refdata.core.settings import allowed, specs
from refdata.core.tablerules import TableRules


@dataclass(frozen=True, slots=True)
class Key:
    """One key: ``fact`` is the attribute of the model that it states, ``""`` if it is not one fact.

    ``section`` has the keys below it, ``listed`` says whether it is a list of such sections.
    """

    name: str
    kind: ValueKind | None
    meaning: str
    fact: str = ""
    section: tuple[Key, ...] = ()
    listed: bool = False
    needed: bool = False


def _mark(
    *, empty: str = "", pattern: str = r"[\t -/:-@\[-`{-~]", what: str = "one ASCII character, no letter or digit"
) -> Text:
    """A character that readers of all kinds can distinguish from text."""
    allowed = f"{what}, or empty: {empty}" if empty else what
    return Text(allowed, f"({pattern})?" if empty else pattern, least=0 if empty else 1, most=1)


_DATABASE_TYPE = Text(
    "a database type: INT, BIGINT, DECIMAL(10,2), FLOAT, BIT, DATE, TIME, DATETIME2, NVARCHAR(50) or NVARCHAR(MAX)",
    r"(?i:INT|BIGINT|FLOAT|BIT|DATE|TIME|DATETIME2|DECIMAL\(\d{1,2},\d{1,2}\)|NVARCHAR\((\d{1,4}|MAX)\))",
)
_MARK = Text("one character that is not a digit", r"[^\r\n0-9]", most=1)
_EMPTY_OR_MARK = Text("a character that separates thousands, or empty: none", r"[^\r\n0-9]?", least=0, most=1)
_NAMES = Texts(least=1, alone=True)
_SOURCES = (
    Key("sources", Anything(), "where the data comes from (from the standard; for readers)"),
    Key("licenses", Anything(), "the licences under which the data may be used (from the standard)"),
    Key("homepage", Anything(), "a page about the data (from the standard)"),
)

_DIALECT = (
    Key("$schema", Anything(), "the profile that the section follows"),
    Key("delimiter", _mark(), "the character between fields", "delimiter"),
    Key("quoteChar", _mark(empty="nothing is quoted"), "the character around quoted fields", "quote_char"),
    Key("doubleQuote", Flag(), "whether a quote within quotes is written twice", "double_quote"),
    Key(
        "escapeChar",
        _mark(empty="none", pattern=r"[\\\"']", what="a backslash, or the quote"),
        "the character before an escaped one",
        "escape_char",
    ),
    Key("skipInitialSpace", Flag(), "whether blanks after a delimiter are ignored", "skip_initial_space"),
    Key(
        "lineTerminator",
        Text(r"\n, \r\n or \r in double quotes", r"\r?\n|\r", most=2),
        "the characters at the end of a line",
        "line_terminator",
    ),
    Key("nullSequence", Text(least=0), "a text that means no value, in addition to missingValues", "null_sequence"),
    Key("header", Flag(), "whether the file has a header", "header"),
    Key(
        "headerRows",
        RowNumbers(),
        "numbers of the header's rows, from 1; anything before them is skipped",
        "header_rows",
    ),
    Key("headerJoin", Text(least=0), "the text that joins the parts of a name that spans several rows", "header_join"),
    Key("headerCase", Flag(), "whether upper and lower case differ in headers", "header_case"),
    Key("caseSensitiveHeader", Flag(), "the name that `headerCase` had in version 1", "header_case"),
    Key("commentChar", _mark(empty="no comments"), "the character that comment lines begin with", "comment_char"),
    Key("commentRows", RowNumbers(), "numbers of rows to skip, from 1", "comment_rows"),
    Key("sheetName", Text(), "the sheet of a workbook, by its name", "sheet_name"),
    Key("sheetNumber", Whole(1), "the sheet of a workbook, by its number from 1", "sheet_number"),
    *(Key(name, Anything(), "for formats that refdata does not read") for name in ("property", "itemType", "itemKeys")),
    Key("table", Anything(), "for databases, which refdata does not read"),
    Key("csvddfVersion", Anything(), "the version of CSV Dialect that older descriptors follow"),
    *(Key(name, Anything(), "for readers, as Frictionless writes it")
      for name in ("name", "title", "description", "type", "profile", "skipBlankRows")),
)  # fmt: skip

DIALECT = (
    *_DIALECT,
    Key("csv", None, "the same keys, as Frictionless writes them", section=_DIALECT),
    *(Key(name, Anything(), "for other formats, as Frictionless writes it")
      for name in ("excel", "json", "ods", "sql", "inline", "local", "remote")),
)  # fmt: skip

CONSTRAINTS = (
    Key("required", Flag(), "whether a value is required"),
    Key("unique", Flag(), "whether each value may occur only once"),
    Key("pattern", Text("a regular expression"), "a regular expression that the whole value must match"),
    Key("enum", Texts(least=1), "the allowed values"),
    Key("minimum", Limit(), "the least value"),
    Key("maximum", Limit(), "the greatest value"),
    Key("exclusiveMinimum", Limit(), "the limit that values must exceed"),
    Key("exclusiveMaximum", Limit(), "the limit that values must stay below"),
    Key("minLength", Whole(), "the fewest characters"),
    Key("maxLength", Whole(), "the most characters"),
    Key("jsonSchema", Anything(), "for JSON in fields, which refdata keeps as text"),
)

FIELD_OWN = (
    Key("column", Text(most=100), "the column's name in the database; default: made from `name`"),
    Key("headers", Texts(least=1, alone=True), "other headers that files use for the column"),
    Key("type", _DATABASE_TYPE, "the column's type in the database", "sql_type"),
    Key("unit", Text(), "the text beside each number, such as `€`, where `bareNumber` is false; default: any", "unit"),
    Key("minus", OneOf(Minus), "how negative numbers are written: `-5`, `5-` or `(5)`", "minus"),
    Key("severity", OneOf(Severity), "if a value breaks a rule of this field: reject the row, or warn and load it"),
    Key("warn", Texts(alone=True), "the rules of this field that only warn: `[pattern, maximum]`"),
)

FIELD = (
    Key("name", Text(most=4000), "the header that files use for the column, or the column's name", needed=True),
    Key("title", Text(), "a name for people; also recognised as a header", "title"),
    Key("description", Text(), "the meaning of the column", "description"),
    Key("type", OneOf(FieldType), "the type of the values", "type"),
    Key("format", Text(), "how dates and times are written, such as `%d/%m/%Y`", "format"),
    Key("decimalChar", _MARK, "the decimal mark", "decimal_char"),
    Key("groupChar", _EMPTY_OR_MARK, "the thousands mark", "group_char"),
    Key("bareNumber", Flag(), "whether numbers have no unit; false: a unit may appear beside them", "bare_number"),
    Key("trueValues", Texts(least=1), "how true is written", "true_values"),
    Key("falseValues", Texts(least=1), "how false is written", "false_values"),
    Key("missingValues", Texts(labelled=True), "the texts that mean no value in this column", "missing_values"),
    Key("constraints", None, "the rules for each value", section=CONSTRAINTS),
    Key("refdata", None, "keys that the standard does not have", section=FIELD_OWN),
    Key("categories", Texts(least=1, labelled=True), "the allowed values, each with an optional label"),
    *(Key(name, Anything(), "the standard's; kept for readers")
      for name in ("categoriesOrdered", "example", "rdfType", "arrayItem", "itemType", "delimiter", "floatNumber")),
)  # fmt: skip

REFERENCE = (
    Key("resource", Text(least=0), "the table that is referred to; default or empty: this one"),
    Key("fields", _NAMES, "its columns", needed=True),
)
FOREIGN_KEY = (
    Key("fields", _NAMES, "the columns that refer", needed=True),
    Key("reference", None, "their target", section=REFERENCE, needed=True),
    Key("severity", OneOf(Severity), "for a value that refers to nothing: reject the row, or warn and load it"),
)

SCHEMA = (
    Key("$schema", Anything(), "the profile that the section follows"),
    Key("fields", None, "the columns", section=FIELD, listed=True),
    Key("fieldsMatch", OneOf(FieldsMatch, may_be_listed=True), "how a file's columns must match the fields",
        "fields_match"),
    Key("missingValues", Texts(labelled=True), "the texts that mean no value", "missing_values"),
    Key("primaryKey", _NAMES, "the columns whose values identify a row"),
    Key("uniqueKeys", NameLists(), "lists of columns whose values together are unique"),
    Key("foreignKeys", None, "columns that refer to other tables", section=FOREIGN_KEY, listed=True),
    *(Key(name, Anything(), "the standard's; kept for readers")
      for name in ("name", "title", "description", "type", "profile")),
)  # fmt: skip

ANSWER = (
    Key("question", Text(), "the kind of question", needed=True),
    Key("subject", Text(least=0), "its subject: a column, a header or a mark", needed=True),
    Key("answer", Text(), "the answer that applies from now on", needed=True),
)

_LIMIT = Text("a number, a percentage such as 20%, or empty: none", r"\d{1,12}|\d{1,3}(\.\d{1,6})?%|", least=0)
_MEANINGS = {
    "frozen": "refuse any change of the table's columns",
    "keys": "the columns that identify rows when versions are compared; default: the primary key",
}


def _rules() -> tuple[Key, ...]:
    """The rules of ``tables.yaml``, as their settings describe them."""
    declared = {spec.name: spec for spec in specs()}
    keys = []
    for rule in fields(TableRules):
        spec = declared.get(rule.name)
        meaning = _MEANINGS.get(rule.name) or str(spec.metadata["meaning"] if spec else "")
        keys.append(Key(rule.name, _rule_kind(str(rule.type), rule.name, spec), meaning.rstrip("."), rule.name))
    return tuple(keys)


def _rule_kind(written: str, name: str, spec: Any) -> ValueKind:
    limits = spec.metadata if spec else {}
    if written == "bool":
        return Flag()
    if written == "int":
        return Whole(int(limits["least"] or 0))
    if written == "float":
        return Number(limits["least"], limits["most"])
    if written.startswith("tuple"):
        return _NAMES
    if limits["choices"]:
        return Text(f"one of {', '.join(limits['choices'])}", "|".join(limits["choices"]))
    return _LIMIT if name.startswith("gate_") else Text(allowed(spec) or "a text", least=0)


RULES = _rules()

OWN = (
    Key("steward", Text(), "the person responsible for the table: an address or a name", "steward"),
    Key("load", OneOf(LoadMode), "the effect of append files: add rows, or replace those with the same key", "load"),
    Key("on_new_column", OneOf(OnNewColumn), "for a column that the table does not have", "on_new_column"),
    Key("on_missing_column", OneOf(OnMissingColumn), "for a column that a file lacks", "on_missing_column"),
    Key("on_type_change", OneOf(OnTypeChange), "for values that are not of their column's type", "on_type_change"),
    Key("on_orphans", OneOf(OnOrphans), "for a load that leaves rows of other tables referring to nothing",
        "on_orphans"),
    Key("on_doubtful_rows", OneOf(OnDoubtfulRows), "for rows that seem damaged or repeated", "on_doubtful_rows"),
    Key("decode_fallback", CodecName(), "the encoding of single lines that `encoding` cannot read", "decode_fallback"),
    Key("key_ignores_case", Flag(), "whether keys that differ only in case are equal", "key_ignores_case"),
    Key("key_ignores_trailing_blanks", Flag(), "whether keys that differ only in trailing blanks are equal",
        "key_ignores_trailing_blanks"),
    Key("warn_keys", NameLists(), "those of the uniqueKeys that only warn"),
    Key("answers", None, "answers that apply to later loads", section=ANSWER, listed=True),
    *RULES,
)  # fmt: skip

CONTRACT = (
    Key("$schema", Anything(), "the profile that the contract follows"),
    Key("name", Text(most=4000), "the table's name; it must match the file's name"),
    Key("title", Text(), "a name for people", "title"),
    Key("description", Text(), "the table's contents", "description"),
    Key("encoding", CodecName(), "how the characters of its files are encoded", "encoding"),
    Key("dialect", None, "how its files are written (Table Dialect)", section=DIALECT),
    Key("schema", None, "its columns and keys (Table Schema)", section=SCHEMA),
    Key("refdata", None, "keys that the standard does not have", section=OWN),
    *_SOURCES,
    *(Key(name, Anything(), "from the standard; refdata does not use it")
      for name in ("type", "profile", "path", "data", "scheme", "format", "mediatype", "bytes", "hash", "compression",
                   "extrapaths", "innerpath", "keywords", "contributors", "created", "version", "id", "image", "stats",
                   "fields", "rows", "hashing", "tabular", "basepath", "control", "layout", "query", "detector",
                   "checklist", "pipeline")),
)  # fmt: skip
