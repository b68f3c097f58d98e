"""The vocabulary of a contract: layers, types, rules and policies, each a closed list."""

from __future__ import annotations

from enum import StrEnum


class Layer(StrEnum):
    """Who states a fact, the strongest first. ``answered`` is a person's answer that was kept for the table."""

    DECLARED = "declared"
    ANSWERED = "answered"
    LEARNED = "learned"
    DETECTED = "detected"


class FieldType(StrEnum):
    """The types of Table Schema, version 2."""

    STRING = "string"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    DATE = "date"
    TIME = "time"
    DATETIME = "datetime"
    YEAR = "year"
    YEARMONTH = "yearmonth"
    DURATION = "duration"
    OBJECT = "object"
    ARRAY = "array"
    LIST = "list"
    GEOPOINT = "geopoint"
    GEOJSON = "geojson"
    ANY = "any"


class FieldsMatch(StrEnum):
    """How a file's columns must meet the declared fields (Table Schema ``fieldsMatch``).

    ``exact``: the same columns in the same order; ``equal``: the same in any order; ``subset``: the file has all
    declared fields and may have more; ``superset``: it has only declared fields, but may lack some;
    ``partial``: at least one is shared.
    """

    EXACT = "exact"
    EQUAL = "equal"
    SUBSET = "subset"
    SUPERSET = "superset"
    PARTIAL = "partial"


class Severity(StrEnum):
    """The effect of breaking a rule: ``error`` rejects the row, ``warn`` reports it and loads the row."""

    ERROR = "error"
    WARN = "warn"


class ConstraintKind(StrEnum):
    """The rules of Table Schema on one field."""

    REQUIRED = "required"
    UNIQUE = "unique"
    PATTERN = "pattern"
    ENUM = "enum"
    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    EXCLUSIVE_MINIMUM = "exclusiveMinimum"
    EXCLUSIVE_MAXIMUM = "exclusiveMaximum"
    MIN_LENGTH = "minLength"
    MAX_LENGTH = "maxLength"


class OnNewColumn(StrEnum):
    """The policy for a column that the table does not have."""

    ADD = "add"
    HOLD = "hold"
    REFUSE = "refuse"


class OnMissingColumn(StrEnum):
    """The policy for a column that the file lacks: NULL in all its rows, a question, or a refusal."""

    NULL = "null"
    HOLD = "hold"
    REFUSE = "refuse"


class OnTypeChange(StrEnum):
    """The policy for values that do not fit their column's type: widen the column, reject, ask, or refuse."""

    WIDEN = "widen"
    REJECT = "reject"
    HOLD = "hold"
    REFUSE = "refuse"


class OnOrphans(StrEnum):
    """The policy for a load after which rows of other tables would refer to missing rows."""

    ALLOW = "allow"
    HOLD = "hold"
    REFUSE = "refuse"


class OnDoubtfulRows(StrEnum):
    """The policy for rows that seem damaged or repeated: a question, only a warning, or no comparison at all."""

    HOLD = "hold"
    WARN = "warn"
    ALLOW = "allow"


class Minus(StrEnum):
    """Where negative numbers have their sign: ``-5``, ``5-`` or ``(5)``."""

    LEADING = "leading"
    TRAILING = "trailing"
    PARENTHESES = "parentheses"


class LoadMode(StrEnum):
    """The effect of a file in an append folder: add its rows, or replace those with the same primary key."""

    APPEND = "append"
    UPSERT = "upsert"


class QuestionKind(StrEnum):
    """The subject of a question."""

    FORMAT_UNSURE = "format_unsure"
    NEW_TABLE = "new_table"
    LAYOUT_CHANGED = "layout_changed"
    COLUMN_RENAMED = "column_renamed"
    COLUMN_MISSING = "column_missing"
    COLUMN_ADDED = "column_added"
    TYPE_CHANGED = "type_changed"
    NOTATION_CHANGED = "notation_changed"
    CODES_CHANGED = "codes_changed"
    PRECISION_LOST = "precision_lost"
    KEYS_REPEATED = "keys_repeated"
    ROWS_REPEATED = "rows_repeated"
    OLDER_CONTENT = "older_content"
    ORPHANS = "orphans"
    CHANGE_GATE = "change_gate"
