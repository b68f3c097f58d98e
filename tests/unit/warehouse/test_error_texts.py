"""The translation of a SQL Server error: its class by number or state, its text without values and secrets."""

from __future__ import annotations

import traceback

import pytest

from refdata.core.errors import (
    ConnectionLostError,
    DatabaseError,
    DataError,
    LockTimeoutError,
    RefdataError,
    SchemaError,
    ThrottledError,
)
from refdata.warehouse.tsql.driver import spellings, translated
from refdata.warehouse.tsql.errors import DriverError, translate

VALUE = "can'ary) \"x\" 'y' (z"
# Texts: https://learn.microsoft.com/sql/relational-databases/errors-events/database-engine-events-and-errors
QUOTING = [
    (245, f"Conversion failed when converting the nvarchar value '{VALUE}' to data type int."),
    (248, f"The conversion of the nvarchar value '{VALUE}' overflowed an int column."),
    (2601, f"Cannot insert duplicate key row in object 'ref.t' with unique index 'i'. The duplicate key value is ({VALUE})."),  # noqa: E501
    (2627, f"Violation of UNIQUE KEY constraint 'i'. Cannot insert duplicate key in object 'ref.t'. The duplicate key value is ({VALUE}, <NULL>)."),  # noqa: E501
    (2628, f"String or binary data would be truncated in table 'db.ref.t', column 'name'. Truncated value: '{VALUE}'."),
    (8114, f'invalid input syntax for type integer: "{VALUE}"'),
    (8114, f'invalid input syntax for type uuid: "{VALUE}"'),
    (220, f'value "{VALUE}" is out of range for type smallint'),
    (242, f'date/time field value out of range: "{VALUE}"'),
    (2627, f'duplicate key value violates unique constraint "i" DETAIL: Key (name)=({VALUE}) already exists.'),
    (547, f'new row for relation "t" violates check constraint "c" DETAIL: Failing row contains (1, {VALUE}).'),
    (102, f"Incorrect syntax near '{VALUE}'."),
    (105, f"Unclosed quotation mark after the character string '{VALUE}'."),
    (245, f"Fehler beim Konvertieren des varchar-Werts '{VALUE}' in den int-Datentyp."),
    (2627, f"Verletzung der Einschränkung 'u'. In das Objekt 'ref.t' kann nichts eingefügt werden. Der Wert ist ({VALUE})."),  # noqa: E501
    (None, f"the client library crashed: index of \"{VALUE}\" out of bounds"),
]  # fmt: skip


@pytest.mark.parametrize(("number", "text"), QUOTING)
def test_a_message_that_quotes_a_value_hides_it(number: int | None, text: str) -> None:
    reported = str(translate(DriverError(number, "", text), "server/db"))
    assert "(hidden)" in reported
    assert not [word for word in ("can", "ary", "x", "y", "z") if f"{word}'" in reported or f"{word})" in reported]
    assert "canary" not in reported.replace("'", "") and "ary)" not in reported


NAMING = [
    (2627, "Violation of PRIMARY KEY constraint 'pk_t'. Cannot insert duplicate key in object 'ref.t'. The duplicate key value is (1).", ("pk_t", "ref.t")),  # noqa: E501
    (2628, "String or binary data would be truncated in table 'ref.t', column 'name'. Truncated value: 'x'.", ("ref.t", "name")),  # noqa: E501
    (547, 'The INSERT statement conflicted with the CHECK constraint "ck_t". The conflict occurred in table "ref.t".', ("ck_t", "ref.t")),  # noqa: E501
    (515, "Cannot insert the value NULL into column 'name', table 'ref.t'; column does not allow nulls.", ("name", "ref.t")),  # noqa: E501
    (208, "Invalid object name 'ref.t'.", ("ref.t",)),
    (229, "The INSERT permission was denied on the object 't', database 'd', schema 'ref'.", ("INSERT", "'t'")),
    (50001, "Airport 'XYZ' has no country.", ("XYZ",)),
]  # fmt: skip


@pytest.mark.parametrize(("number", "text", "kept"), NAMING)
def test_names_and_the_dbas_own_words_stay(number: int, text: str, kept: tuple[str, ...]) -> None:
    reported = str(translate(DriverError(number, "", text), "server/db"))
    assert [word for word in kept if word not in reported] == []


@pytest.mark.parametrize(
    "text", ["PWD={pa}}ss/w rd}", "mssql://u:pa%7Dss%2Fw%20rd@h", "u:pa%7Dss%2Fw+rd", "pa}ss/w rd"]
)
def test_a_secret_is_hidden_in_every_spelling(text: str) -> None:
    reported = str(translate(DriverError(18456, "", text), "h", secrets=spellings("pa}ss/w rd", None, "")))
    assert "***" in reported
    assert not any(part in reported for part in ("pa}", "ss/w", "pa%7D", "w+rd", "w%20rd"))


class _Library:
    """A driver whose exceptions quote a row."""

    name = where = "library"
    secrets = ("s3cret",)

    def read_error(self, error: BaseException) -> DriverError:
        return DriverError(245, "", str(error))


def test_the_librarys_own_exception_is_not_shown_with_the_translated_one() -> None:
    with pytest.raises(DataError) as raised, translated(_Library()):  # type: ignore[arg-type]  # only what it uses
        raise ValueError("Conversion failed when converting the varchar value 'canary' to data type int, s3cret.")
    shown = "".join(traceback.format_exception(raised.value))
    assert "canary" not in shown
    assert "s3cret" not in shown


def test_an_unknown_error_is_permanent_and_names_its_number() -> None:
    reported = translate(DriverError(7, "", "Odd"), "h")
    assert (type(reported), isinstance(reported, RefdataError)) == (DatabaseError, True)
    assert "error 7" in str(reported)


ADVISED: list[tuple[int, type[RefdataError], str]] = [
    # number, class, a part of the advice
    *((number, ThrottledError, "retried") for number in (40197, 40501, 40613, 49918, 49919, 49920, 10928, 10929)),
    (4060, ConnectionLostError, "serverless"),
    (3906, ConnectionLostError, "ApplicationIntent"),
    (2705, SchemaError, "rename one"),
    (511, SchemaError, "8,060 bytes"),
    (1701, SchemaError, "8,060 bytes"),
    (1540, SchemaError, "shorter key"),
    (8618, SchemaError, "too many columns"),
    (8623, SchemaError, "too many columns"),
    (4711, SchemaError, "publish_method to auto"),
    (41368, SchemaError, "table on disk"),
    (13545, SchemaError, "publish_method auto"),
]


@pytest.mark.parametrize(("number", "kind", "advice"), ADVISED)
def test_an_error_has_its_class_and_advice(number: int, kind: type[RefdataError], advice: str) -> None:
    error = translate(DriverError(number, "", "said"), "server/db")
    assert type(error) is kind
    assert advice in error.advice


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("[Microsoft][ODBC Driver 18 for SQL Server]Login timeout expired", ConnectionLostError),
        ("[FreeTDS][SQL Server]Login timeout expired", ConnectionLostError),
        ("[Microsoft][ODBC Driver 18 for SQL Server]Query timeout expired", LockTimeoutError),
    ],
)
def test_a_login_that_takes_too_long_is_no_lock(text: str, kind: type[RefdataError]) -> None:
    assert type(translate(DriverError(None, "HYT00", text), "h")) is kind


@pytest.mark.parametrize("text", [
    "the database system is not yet accepting connections", "the database system is starting up",
    "the database system is shutting down",
])  # fmt: skip
def test_a_babelfish_that_is_starting_is_away_for_a_moment(text: str) -> None:
    assert type(translate(DriverError(33557097, "", text), "h")) is ConnectionLostError
    assert type(translate(DriverError(33557097, "", "cannot drop schema"), "h")) is DatabaseError
