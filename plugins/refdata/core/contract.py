"""A table's contract: how its files are written, which columns it has, and which rules its rows must follow.

Three layers describe a table, and the first that states a fact wins: what people declared
(``contracts/<table>.yaml``), what earlier loads showed (learned), what this file shows (detected). Every class here is
a set of facts. An unstated fact is ``None`` (an empty tuple in a list of parts); ``origins`` says where each
stated fact comes from. ``contractlayers`` merges layers, ``contractdocument`` carries a contract through JSON, and
``refdata.contracts`` reads and writes the files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

from refdata.core.contractterms import (
    ConstraintKind,
    FieldsMatch,
    FieldType,
    Layer,
    LoadMode,
    Minus,
    OnDoubtfulRows,
    OnMissingColumn,
    OnNewColumn,
    OnOrphans,
    OnTypeChange,
    Severity,
)
from refdata.core.naming import fold_name
from refdata.core.sqltypes import SqlType


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a fact comes from.

    ``file`` is the contract file of a declared fact and the dropped file of a learned one, ``line`` the line in the
    contract file (from 1), ``load_id`` the load that showed it, ``by`` the person who answered.

    >>> str(Origin(Layer.DECLARED, "contracts/airports.yaml", line=7))
    'declared in contracts/airports.yaml, line 7'
    >>> str(Origin(Layer.LEARNED, "airports_20241201.csv", load_id=12))
    'learned from load 12, airports_20241201.csv'
    """

    layer: Layer
    file: str = ""
    line: int | None = None
    load_id: int | None = None
    by: str = ""

    def __str__(self) -> str:
        if self.layer is Layer.DECLARED:
            line = f", line {self.line}" if self.line is not None else ""
            return f"declared in {self.file}{line}" if self.file else "declared"
        if self.layer is Layer.LEARNED:
            return f"learned from {self._load}" if self._load else "learned"
        if self.layer is Layer.ANSWERED:
            parts = [f"answered by {self.by}" if self.by else "answered", f"for {self._load}" if self._load else ""]
            return " ".join(part for part in parts if part)
        return f"detected in {self.file}" if self.file else "detected"

    @property
    def _load(self) -> str:
        load = f"load {self.load_id}" if self.load_id is not None else ""
        return ", ".join(part for part in (load, self.file) if part)


DETECTED = Origin(Layer.DETECTED)


def stated_by_people(origin: Origin | None) -> bool:
    """Whether people declared or answered a fact; a fact without an origin counts as declared."""
    return origin is None or origin.layer in (Layer.DECLARED, Layer.ANSWERED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Base of all sets of facts: ``origins`` maps the name of each stated fact to where it comes from."""

    origins: Mapping[str, Origin] = field(default_factory=dict, hash=False)

    def origin(self, name: str) -> Origin | None:
        """Where a fact comes from; None if it is not stated.

        >>> stated(TableDialect, Origin(Layer.DECLARED, "a.yaml", line=2), delimiter=";").origin("delimiter").line
        2
        """
        return self.origins.get(name)

    def spoken(self) -> dict[str, Any]:
        """The stated facts by name, without keys and parts that are themselves sets of facts."""
        names = (spec.name for spec in fields(self) if not spec.metadata.get("structure") and spec.name != "origins")
        return {name: value for name in names if (value := getattr(self, name)) is not None}


_Kind = TypeVar("_Kind", bound=Facts)


_STRUCTURE = {"structure": True}
"""Marks a key, or a part with its own merge rules, as not a fact."""


def stated(kind: type[_Kind], origin: Origin, /, **facts: Any) -> _Kind:
    """A set of facts that share one origin; a ``None`` among them is not stated.

    >>> stated(TableDialect, DETECTED, delimiter=";", quote_char=None).spoken()
    {'delimiter': ';'}
    """
    made = kind(**facts)
    return replace(made, origins=dict.fromkeys(made.spoken(), origin))


@dataclass(frozen=True, slots=True)
class TableDialect(Facts):
    r"""How a file is written: Table Dialect, version 2.

    ``header_rows`` are the numbers, from 1, of the header's rows, all rows of the file counted; ``header=False`` states
    that there is none. ``header_join`` joins the parts of a name that spans several
    rows. ``comment_rows`` are numbers of rows to skip (from 1), ``comment_char`` begins rows to skip (``""``: there
    are none). ``quote_char`` ``""`` states that nothing is quoted. ``null_sequence`` is a text that means no value.
    ``sheet_name`` and ``sheet_number`` (from 1) select the sheet of a workbook.
    """

    delimiter: str | None = None
    quote_char: str | None = None
    double_quote: bool | None = None
    escape_char: str | None = None
    skip_initial_space: bool | None = None
    line_terminator: str | None = None
    null_sequence: str | None = None
    header: bool | None = None
    header_rows: tuple[int, ...] | None = None
    header_join: str | None = None
    header_case: bool | None = None
    comment_char: str | None = None
    comment_rows: tuple[int, ...] | None = None
    sheet_name: str | None = None
    sheet_number: int | None = None


NO_DIALECT = TableDialect()

RuleValue = bool | int | str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Constraint:
    """One rule on a field's values.

    ``value`` is a bool for ``required`` and ``unique``, an int for lengths (characters), the texts for ``enum``, and a
    text for ``pattern`` and the limits: as written in the contract, to be read as the field's type (``"0.1"``,
    ``"2024-01-31"``). A pattern must match the whole value.
    """

    kind: ConstraintKind
    value: RuleValue
    severity: Severity = Severity.ERROR
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class SourceHeader:
    """A column header as files write it."""

    text: str
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class FieldContract(Facts):
    """The known facts about one column.

    ``name`` is the column's database name. ``headers`` are the texts that files put above it, the usual one first;
    a header from which naming makes ``name`` also belongs to it. ``sql_type`` is the exact database type; ``type``
    and ``format`` are those of Table Schema. The notation: ``decimal_char``, ``group_char`` (``""``: none),
    ``minus``, ``date_order`` (``ymd``, ``dmy``, ``mdy``) with ``date_separator`` (``-``, ``/``, ``.``),
    ``true_values`` and ``false_values``. ``bare_number=False``: text such as a unit appears beside the number, and
    ``unit`` is the only one. ``missing_values`` are the texts that mean no value here; None: the table's apply.
    """

    name: str = field(metadata=_STRUCTURE)
    headers: tuple[SourceHeader, ...] = field(default=(), metadata=_STRUCTURE)
    title: str | None = None
    description: str | None = None
    type: FieldType | None = None
    format: str | None = None
    sql_type: SqlType | None = None
    decimal_char: str | None = None
    group_char: str | None = None
    bare_number: bool | None = None
    unit: str | None = None
    minus: Minus | None = None
    date_order: str | None = None
    date_separator: str | None = None
    true_values: tuple[str, ...] | None = None
    false_values: tuple[str, ...] | None = None
    missing_values: tuple[str, ...] | None = None
    constraints: tuple[Constraint, ...] = field(default=(), metadata=_STRUCTURE)

    def constraint(self, kind: ConstraintKind) -> Constraint | None:
        """The field's rule of the given kind, or None; ``required: false`` is not a rule."""
        stated = next((rule for rule in self.constraints if rule.kind is kind), None)
        return None if stated is None or stated.value is False else stated


@dataclass(frozen=True, slots=True)
class UniqueKey:
    """Columns whose values together occur once."""

    fields: tuple[str, ...]
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Columns whose values occur in ``references`` of ``table``; a table that refers to itself names itself."""

    fields: tuple[str, ...]
    table: str
    references: tuple[str, ...]
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer that also applies to the table's later loads.

    ``question`` is the kind of question, ``subject`` what it was about (a column, a header, a marker), ``answer`` the
    chosen answer.
    """

    question: str
    subject: str
    answer: str
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class LoadRules(Facts):
    """The rules of ``tables.yaml``, as far as the contract states them, with the names of ``TableRules``."""

    max_rejected_rows: int | None = None
    min_column_match: float | None = None
    allow_empty_full_load: bool | None = None
    post_load_procedure: str | None = None
    gate: bool | None = None
    gate_rows_removed: str | None = None
    gate_rows_changed: str | None = None
    gate_keys_vanished: str | None = None
    gate_timeout: float | None = None
    gate_default: str | None = None
    versions_kept: int | None = None
    versions_max_age_days: int | None = None
    frozen: bool | None = None
    keys: tuple[str, ...] | None = None


NO_RULES = LoadRules()


@dataclass(frozen=True, slots=True)
class Policies:
    """The policies for differences between file and table, with defaults for those that the contract does not state."""

    on_new_column: OnNewColumn = OnNewColumn.ADD
    on_missing_column: OnMissingColumn = OnMissingColumn.NULL
    on_type_change: OnTypeChange = OnTypeChange.WIDEN
    on_orphans: OnOrphans = OnOrphans.HOLD
    on_doubtful_rows: OnDoubtfulRows = OnDoubtfulRows.HOLD


@dataclass(frozen=True, slots=True)
class Contract(Facts):
    """Everything known about a table before its next file arrives.

    ``fields`` are in the order of the strongest layer. ``decode_fallback`` is the encoding of single lines that
    ``encoding`` cannot read. ``missing_values`` are the texts that mean no value in every column. Names in keys are
    database names. ``key_ignores_case`` and ``key_ignores_trailing_blanks`` say how keys compare (not stated: exactly).
    ``on_new_column`` and the other policies are as stated; ``policies`` includes the defaults.
    """

    table: str = field(metadata=_STRUCTURE)
    title: str | None = None
    description: str | None = None
    steward: str | None = None
    encoding: str | None = None
    decode_fallback: str | None = None
    dialect: TableDialect = field(default=NO_DIALECT, metadata=_STRUCTURE)
    fields: tuple[FieldContract, ...] = field(default=(), metadata=_STRUCTURE)
    fields_match: FieldsMatch | None = None
    missing_values: tuple[str, ...] | None = None
    primary_key: tuple[str, ...] | None = None
    key_ignores_case: bool | None = None
    key_ignores_trailing_blanks: bool | None = None
    unique_keys: tuple[UniqueKey, ...] | None = None
    foreign_keys: tuple[ForeignKey, ...] | None = None
    load: LoadMode | None = None
    on_new_column: OnNewColumn | None = None
    on_missing_column: OnMissingColumn | None = None
    on_type_change: OnTypeChange | None = None
    on_orphans: OnOrphans | None = None
    on_doubtful_rows: OnDoubtfulRows | None = None
    rules: LoadRules = field(default=NO_RULES, metadata=_STRUCTURE)
    answers: tuple[KeptAnswer, ...] = field(default=(), metadata=_STRUCTURE)

    def column(self, name: str) -> FieldContract | None:
        """The column with that name (case is ignored), or None."""
        return next((one for one in self.fields if fold_name(one.name) == fold_name(name)), None)

    @property
    def policies(self) -> Policies:
        """The policies in force, with defaults where nothing is stated."""
        names = (spec.name for spec in fields(Policies))
        return Policies(**{name: value for name in names if (value := getattr(self, name)) is not None})

    def answer(self, question: str, subject: str) -> KeptAnswer | None:
        """The kept answer to a question about a subject, or None."""
        return next((one for one in self.answers if (one.question, one.subject) == (question, subject)), None)
