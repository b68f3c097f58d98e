"""One field of a contract: its names, type, notation and rules, checked against each other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation

from refdata.contracts.keys import CONSTRAINTS, FIELD, FIELD_OWN, Key
from refdata.contracts.parsing import ParsedSection, Parser
from refdata.core import naming
from refdata.core.contract import Constraint, FieldContract, Origin, RuleValue, SourceHeader
from refdata.core.contractterms import ConstraintKind, FieldType, Severity
from refdata.core.dateformats import UNDECIDED, date_format
from refdata.core.learning import STORED_AS
from refdata.core.naming import fold_name
from refdata.core.sqltypes import MAX_DECIMAL_PRECISION, MAX_NVARCHAR, SqlType, TypeKind

_DATED = (FieldType.DATE, FieldType.DATETIME, FieldType.TIME)
_NUMERIC = frozenset({FieldType.NUMBER, FieldType.INTEGER, FieldType.YEAR})
_ORDERED = _NUMERIC | {FieldType.DATE, FieldType.TIME, FieldType.DATETIME, FieldType.YEARMONTH, FieldType.DURATION}
_LIMITS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_LENGTHS = ("minLength", "maxLength")
_TEXTS = frozenset(
    {FieldType.STRING, FieldType.OBJECT, FieldType.ARRAY, FieldType.LIST, FieldType.GEOPOINT, FieldType.GEOJSON}
)
_RANGES = f"DECIMAL has 1 to {MAX_DECIMAL_PRECISION} digits, NVARCHAR 1 to {MAX_NVARCHAR} characters or MAX"
_INTEGER_FRACTION = "an integer has no digits after the point"


def sql_type(text: str) -> SqlType | None:
    """A database type by its name, None where its numbers are out of range.

    >>> str(sql_type("decimal(10,2)"))
    'DECIMAL(10,2)'
    """
    kind, _, inside = text.upper().rstrip(")").partition("(")
    if kind == TypeKind.DECIMAL:
        precision, scale = (int(part) for part in inside.split(","))
        fits = 1 <= precision <= MAX_DECIMAL_PRECISION and scale <= precision
        return SqlType(TypeKind.DECIMAL, precision=precision, scale=scale) if fits else None
    if kind == TypeKind.NVARCHAR:
        length = None if inside == "MAX" else int(inside)
        return SqlType(TypeKind.NVARCHAR, length=length) if length is None or 1 <= length <= MAX_NVARCHAR else None
    return SqlType(TypeKind(kind))


def facts_of(parsed: ParsedSection, keys: Sequence[Key], origin: Origin) -> tuple[dict[str, object], dict[str, Origin]]:
    """The facts that a section states, and the place of each."""
    stating = [key for key in keys if key.fact and key.name in parsed.values]
    lines = {key.fact: replace(origin, line=parsed.line_of(key.name)) for key in stating}
    return {key.fact: parsed.get(key.name) for key in stating}, lines


@dataclass(frozen=True, slots=True)
class FieldReader:
    """Reads the fields of a contract. ``origin`` has the file; each fact gets its line."""

    parser: Parser
    origin: Origin

    def fields(self, sections: Sequence[ParsedSection]) -> tuple[FieldContract, ...]:
        """The fields by their database names; each name occurs once."""
        named = [section for section in sections if section.get("name")]
        names = self._names(named)
        parts = [self._field(section, name) for section, name in zip(named, names, strict=True)]
        return self._with_titles(named, parts)

    def _names(self, sections: Sequence[ParsedSection]) -> list[str]:
        written: dict[str, int] = {}
        for section in sections:
            first = written.setdefault(section.get("name"), section.line_of("name"))
            if first != section.line_of("name"):
                self._note(section, "name", f"a field of the same name is on line {first}")
        made = naming.column_names([section.section("refdata").get("column") or section.get("name")
                                    for section in sections])  # fmt: skip
        for section, name in zip(sections, made, strict=True):
            stated = section.section("refdata").get("column")
            if stated and stated != name:
                self._note(section.section("refdata"), "column", f"{stated!r} cannot be a column; {name!r} could")
        return list(made)

    def _field(self, section: ParsedSection, name: str) -> FieldContract:
        own = section.section("refdata")
        facts, origins = facts_of(section, FIELD, self.origin)
        more, lines = facts_of(own, FIELD_OWN, self.origin)
        facts, origins = facts | more, origins | lines
        self._read_type(own, facts)
        self._read_format(section, facts, origins)
        self._check_marks(section, facts)
        rules = self._constraints(section, own, facts.get("type"))
        return FieldContract(
            name=name,
            headers=self._headers(section, own),
            constraints=rules,
            origins=origins,
            **facts,  # type: ignore[arg-type]
        )

    def _headers(self, section: ParsedSection, own: ParsedSection) -> tuple[SourceHeader, ...]:
        texts = [section.get("name"), *(own.get("headers") or ())]
        line = replace(self.origin, line=section.line_of("name"))
        return tuple(SourceHeader(text, line) for text in dict.fromkeys(texts))

    def _with_titles(
        self, sections: Sequence[ParsedSection], columns: Sequence[FieldContract]
    ) -> tuple[FieldContract, ...]:
        """The fields with their titles as headers, unless another field goes by that text."""
        taken = [_folded(header.text) for column in columns for header in column.headers]
        titled = [column.title or "" for column in columns]
        made = []
        for section, column in zip(sections, columns, strict=True):
            title = column.title or ""
            own = [_folded(header.text) for header in column.headers]
            others = taken.count(_folded(title)) > own.count(_folded(title)) or titled.count(title) > 1
            if title and not others and all(header.text != title for header in column.headers):
                origin = replace(self.origin, line=section.line_of("title"))
                column = replace(column, headers=(*column.headers, SourceHeader(title, origin)))
            made.append(column)
        return tuple(made)

    def _read_type(self, own: ParsedSection, facts: dict[str, object]) -> None:
        if "sql_type" not in facts:
            return
        stored, declared = sql_type(str(facts["sql_type"])), facts.get("type")
        facts["sql_type"] = stored
        if stored is None:
            self._note(own, "type", f"{own.get('type')} is out of range: {_RANGES}")
        elif isinstance(declared, FieldType):
            allowed = STORED_AS.get(declared, {TypeKind.NVARCHAR})
            if stored.kind not in allowed or (declared is FieldType.INTEGER and stored.scale):
                kinds = ", ".join(kind for kind in TypeKind if kind in allowed)
                self._note(own, "type", f"{stored} cannot store values of type {declared}, which need {kinds}"
                                        + (f"; {_INTEGER_FRACTION}" if stored.scale else ""))  # fmt: skip

    def _read_format(self, section: ParsedSection, facts: dict[str, object], origins: dict[str, Origin]) -> None:
        """Reads a date's order and separator from its format."""
        declared, written = facts.get("type"), str(facts.get("format") or "")
        if declared not in _DATED or written in UNDECIDED:
            return
        form = date_format(FieldType(str(declared)), written)
        if form is None:
            what = f"{written!r} cannot be read; a {declared} is written {_examples(FieldType(str(declared)))}"
            self.parser.doubt(section.line_of("format"), f"{section.path}.format", what)
            del facts["format"], origins["format"]
        elif form.order:
            facts["date_order"], facts["date_separator"] = form.order, form.separator
            origins["date_order"] = origins["date_separator"] = origins["format"]

    def _check_marks(self, section: ParsedSection, facts: dict[str, object]) -> None:
        if facts.get("decimal_char") and facts.get("decimal_char") == facts.get("group_char"):
            self._note(section, "groupChar", "decimal and thousands mark are the same")
        both = set(section.get("trueValues") or ()) & set(section.get("falseValues") or ())
        if both:
            self._note(section, "falseValues", f"{', '.join(sorted(both))} would be true and false")

    def _constraints(self, section: ParsedSection, own: ParsedSection, declared: object) -> tuple[Constraint, ...]:
        rules = section.section("constraints")
        values: dict[str, RuleValue] = {
            key.name: rules.get(key.name) for key in CONSTRAINTS if key.name in rules.values
        }
        values.pop("jsonSchema", None)
        if section.get("categories") and "enum" not in values:
            values["enum"] = section.get("categories")
        if "enum" in values:
            values["enum"] = tuple(dict.fromkeys(values["enum"]))  # type: ignore[arg-type]
        for name in values:
            self._check_rule(rules, name, values, declared)
        self._check_order(rules, values)
        warned = set(own.get("warn") or ())
        for name in sorted(warned - {kind.value for kind in ConstraintKind}):
            self._note(own, "warn", f"{name} is not a rule; rules are {', '.join(ConstraintKind)}")
        severity = own.get("severity") or Severity.ERROR
        return tuple(
            Constraint(ConstraintKind(name), value, Severity.WARN if name in warned else severity,
                       replace(self.origin, line=rules.line_of(name)))
            for name, value in values.items()
        )  # fmt: skip

    def _check_rule(self, rules: ParsedSection, name: str, values: dict[str, RuleValue], declared: object) -> None:
        if name == "pattern":
            try:
                re.compile(str(values[name]))
            except re.error as error:
                self._note(rules, name, f"it is not a regular expression: {error}")
        if not isinstance(declared, FieldType) or declared is FieldType.ANY:
            return
        if (name in _LIMITS and declared not in _ORDERED) or (
            name in (*_LENGTHS, "pattern") and declared not in _TEXTS
        ):
            self._note(rules, name, f"values of type {declared} have no {name}")
        elif name in _LIMITS and not is_of_type(str(values[name]), declared):
            self._note(rules, name, f"{values[name]!r} is not of type {declared}")
        elif name == "enum":
            wrong = [text for text in values[name] if not is_of_type(text, declared)]  # type: ignore[union-attr]
            if wrong:
                self._note(rules, name, f"{wrong[0]!r} is not of type {declared}")

    def _check_order(self, rules: ParsedSection, values: dict[str, RuleValue]) -> None:
        for least, most in (("minimum", "maximum"), ("minLength", "maxLength")):
            low, high = (_number(values.get(name)) for name in (least, most))
            if low is not None and high is not None and low > high:
                self._note(rules, most, f"{values[most]} is less than {least}, {values[least]}")

    def _note(self, section: ParsedSection, key: str, what: str) -> None:
        self.parser.note(section.line_of(key), f"{section.path}.{key}", what)


def _folded(text: str) -> str:
    return fold_name(naming.column_names([text])[0]) if text else ""


def _examples(kind: FieldType) -> str:
    if kind is FieldType.TIME:
        return "%H:%M, %H:%M:%S or %I:%M %p"
    clock = " %H:%M:%S" if kind is FieldType.DATETIME else ""
    return f"like %Y-%m-%d{clock}, %d/%m/%Y{clock} or %d %b %Y{clock}: between the parts - / . a blank or nothing"


def _number(value: object) -> Decimal | None:
    try:
        return (
            Decimal(str(value)) if value is not None and re.fullmatch(r"-?[\d.]+([eE][+-]?\d+)?", str(value)) else None
        )
    except InvalidOperation:
        return None


def is_of_type(text: str, kind: FieldType) -> bool:
    """Whether a rule's text is a value of a type, in the standard notation (``-12.5``, ``2024-01-31``)."""
    try:
        if kind in _NUMERIC:
            number = _number(text)
            return number is not None and (kind is FieldType.NUMBER or number == number.to_integral_value())
        if kind is FieldType.DATE:
            return bool(date.fromisoformat(text))
        if kind is FieldType.DATETIME:
            return bool(datetime.fromisoformat(text))
        if kind is FieldType.TIME:
            return time.fromisoformat(text) is not None
    except ValueError:
        return False
    return True
