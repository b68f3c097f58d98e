"""All settings, declared once: name, type, default, range and meaning.

The fields of ``Settings`` are the only list; parsing, Airflow's ``get_provider_info`` and the check
of the documentation are derived from it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any

from refdata.core.errors import ConfigurationError
from refdata.core.filetypes import FILE_TYPES, TYPES_PATTERN

SECTION = "refdata"
_YEAR = 31_536_000.0
_IDENTIFIER = r"[A-Za-z_][A-Za-z0-9_]{0,99}"
_OPTIONAL_IDENTIFIER = f"(?:{_IDENTIFIER})?"
_FILLED = r".*\S.*"
_PREFIX = r"[A-Za-z0-9_.\-]{0,60}"
LIMIT = r"\d{1,12}|\d{1,3}(\.\d{1,6})?%|"
"""Pattern of a change-gate limit: a number of rows, a percentage of the live rows, or empty for no limit."""


def _setting(
    default: object,
    meaning: str,
    *,
    least: float | None = None,
    most: float | None = None,
    choices: tuple[str, ...] = (),
    pattern: str = "",
    sensitive: bool = False,
) -> Any:
    limits = {"least": least, "most": most, "choices": choices, "pattern": pattern}
    return field(default=default, metadata={"meaning": meaning, "sensitive": sensitive, **limits})


@dataclass(frozen=True, slots=True)
class Settings:
    """The whole configuration, parsed once. Times are in seconds unless the meaning says otherwise."""

    conn_id: str = _setting(
        "refdata_default", "Airflow connection of the warehouse; its type chooses the engine.", pattern=_FILLED
    )
    dropoff_root: str = _setting(
        "dropoff",
        "Folder with the four load folders, relative to AIRFLOW_HOME; or `scheme://connection@bucket/prefix`"
        " (for SFTP and SMB the host in place of the bucket).",
        pattern=_FILLED,
    )
    dag_prefix: str = _setting("", "Put before the ids of refdata's DAGs.", pattern=_PREFIX)
    spool_folder: str = _setting("", "Local folder for files of an address while they are read; empty: temporary.")
    spool_encrypted: bool = _setting(False, "Encrypt these files, with a key that is only in the process's memory.")
    processed_root: str = _setting(
        "", "One folder for all loaded files, relative to the dropoff root; empty: `processed` inside each load folder."
    )
    error_root: str = _setting(
        "", "One folder for all refused files, relative to the dropoff root; empty: `error` inside each load folder."
    )
    tables_file: str = _setting(
        "", "YAML file with overrides per table; empty means `tables.yaml` under the dropoff root."
    )
    file_types: str = _setting(
        "csv",
        "File types that are loaded, separated by commas: csv, tsv and txt; gz, zst and zip for packed ones; xlsx, xlsb"
        " and ods for workbooks.",
        pattern=TYPES_PATTERN,
    )
    contracts_folder: str = _setting(
        "", "Folder of the table contracts, one `<table>.yaml` each; empty means `contracts` beside the `tables_file`."
    )
    stability_checks: int = _setting(6, "Consecutive unchanged checks that release a file.", least=1, most=1000)
    stability_interval: float = _setting(15.0, "Seconds between two checks.", least=0.05, most=3600)
    watch_timeout: float = _setting(
        3600.0, "Seconds after which an idle watch run ends and the next one starts.", least=1, most=_YEAR
    )
    max_releases: int = _setting(200, "Most files that one watch run releases.", least=1, most=1000)
    ref_schema: str = _setting(
        "ref", "Schema of the reference tables, the ledger and the configuration table.", pattern=_IDENTIFIER
    )
    bkp_schema: str = _setting("bkp", "Schema of the kept versions.", pattern=_IDENTIFIER)
    stage_schema: str = _setting(
        "",
        "Schema of the stage tables on SQL Server, which readers need no right to see; empty: that of `ref_schema` with"
        " `_stage` after it.",
        pattern=_OPTIONAL_IDENTIFIER,
    )
    ledger_table: str = _setting("File_Monitor_Tracking", "Name of the ledger.", pattern=_IDENTIFIER)
    config_table: str = _setting("Reference_Data_Cfg", "Name of the configuration table.", pattern=_IDENTIFIER)
    load_method: str = _setting(
        "auto",
        "How rows are staged: by bulk copy, by insert batches, or by bulk copy where it is available and faster.",
        choices=("auto", "bulk", "insert"),
    )
    batch_size: int = _setting(
        5000,
        "Rows in one INSERT statement; at most 1000 where the server cannot read them as JSON.",
        least=1,
        most=10_000,
    )
    bulk_batch_size: int = _setting(
        100_000, "Rows that bulk copy commits at once; 0 for all rows of the file.", least=0, most=1_000_000_000
    )
    statistics_share: float = _setting(
        0.2, "Share of changed rows above which UPDATE STATISTICS follows a publish; 1 for never.", least=0, most=1
    )
    publish_method: str = _setting(
        "auto",
        "How a full load replaces a table's rows: by changing only what differs (delta), or by deleting or truncating"
        " all rows and inserting those of the file. auto is delta where a key is declared or the table has a unique"
        " index, else delete.",
        choices=("auto", "delta", "delete", "truncate"),
    )
    max_rejected_rows: int = _setting(0, "Damaged rows that a load allows; with more, the file is refused.", least=0)
    min_column_match: float = _setting(0.7, "Share of a table's columns that a file must have.", least=0, most=1)
    on_missing_column: str = _setting(
        "hold",
        "When the file of a full load lacks a column of the table: leave it empty, ask a person, or refuse the file."
        " A contract can state otherwise for its table.",
        choices=("null", "hold", "refuse"),
    )
    on_type_change: str = _setting(
        "hold",
        "When values are not of their column's type: make the column text, reject the rows, ask a person, or refuse the"
        " file. A contract can state otherwise for its table.",
        choices=("widen", "reject", "hold", "refuse"),
    )
    on_older_content: str = _setting(
        "hold",
        "When the file name of a full load has an earlier date than the file of the live rows: load it, ask a person,"
        " or refuse the file.",
        choices=("load", "hold", "refuse"),
    )
    new_tables: str = _setting(
        "allow",
        "When a file would create a new table: create it (and ask only if the file seems to belong to an existing"
        " table), ask each time, or refuse it.",
        choices=("allow", "hold", "refuse"),
    )
    allow_empty_full_load: bool = _setting(False, "Whether a file without rows may empty a table that has rows.")
    versions: str = _setting(
        "copies",
        "What is kept of the rows before a full load or an upsert: all of them (copies), or only those that it removes"
        " or changes (deltas), where only what differs is written.",
        choices=("copies", "deltas"),
    )
    versions_kept: int = _setting(
        30, "Versions of a table that maintenance keeps besides the live one; 0 for all.", least=0, most=100000
    )
    versions_max_age_days: int = _setting(
        0, "Days after which a replaced version is deleted by maintenance; 0 for never.", least=0, most=36500
    )
    min_confidence: float = _setting(
        0.2, "Confidence in the detected format below which a file is refused.", least=0, most=1
    )
    code_page: str = _setting("cp1252", "Encoding assumed for non-Unicode text that nothing else identifies.")
    turn_poll_interval: float = _setting(2.0, "Seconds between two looks at the tables' turns.", least=0.1, most=3600)
    turn_timeout: float = _setting(
        86400.0, "Seconds that a file waits for its turn before it is handed back.", least=1, most=_YEAR
    )
    stale_after: float = _setting(
        900.0, "Seconds without a heartbeat after which a load loses its turn.", least=5, most=_YEAR
    )
    lock_timeout: float = _setting(60.0, "Seconds to wait for a database lock.", least=0.1, most=86400)
    publish_lock_wait: float = _setting(
        5.0,
        "Seconds that new readers may have to wait behind a publish that itself waits for other readers; then it lets "
        "them through, and tries again until `lock_timeout`.",
        least=0.1,
        most=3600,
    )
    connect_timeout: float = _setting(30.0, "Seconds to wait for a database connection.", least=1, most=3600)
    pool_size: int = _setting(4, "Most database connections that one process keeps open.", least=2, most=100)
    load_timeout: float = _setting(
        14400.0, "Seconds that one attempt of a step may take; after that the load is cancelled.", least=1, most=_YEAR
    )
    retries: int = _setting(5, "Retries of a step that failed for a transient reason.", least=0, most=100)
    retry_delay: float = _setting(30.0, "Seconds before the first retry; doubles each time.", least=0.1, most=86400)
    max_retry_delay: float = _setting(900.0, "Longest delay between two retries, in seconds.", least=0.1, most=86400)
    max_parallel_loads: int = _setting(8, "Load runs that may be active at once.", least=1, most=256)
    gate: bool = _setting(
        False, "Whether full loads of reference tables that exceed the change limits wait for approval in Airflow."
    )
    gate_rows_removed: str = _setting(
        "20%",
        "Rows that a full load may remove without approval: number, percentage (`20%%` in airflow.cfg), empty for any.",
        pattern=LIMIT,
    )
    gate_rows_changed: str = _setting(
        "50%", "Rows that a full load may change without approval: number, percentage, empty for any.", pattern=LIMIT
    )
    gate_keys_vanished: str = _setting(
        "20%", "Keys that a full load may remove without approval: number, percentage, empty for any.", pattern=LIMIT
    )
    gate_timeout: float = _setting(
        86400.0, "Seconds that a held load, or a rollback, waits for an answer.", least=60, most=_YEAR
    )
    gate_default: str = _setting(
        "reject",
        "The answer for a load that is still unanswered when `gate_timeout` expires.",
        choices=("reject", "approve"),
    )
    gate_show_rows: bool = _setting(
        False,
        "Whether an approval shows some of the rows. Airflow then stores them in its own database, where"
        " anyone who may see the run can read them; off, the approval shows counts and links to the page.",
    )
    post_load_procedure: str = _setting(
        "", "Procedure recorded as `sp_name` in a table's configuration row, such as `dbo.x`; empty for none."
    )
    processed_days: int = _setting(
        365, "Days that maintenance keeps the archived files of successful loads; 0 forever.", least=0, most=36500
    )
    error_days: int = _setting(
        365, "Days that maintenance keeps refused files with their reasons; 0 forever.", least=0, most=36500
    )
    ledger_days: int = _setting(
        0, "Days that the ledger keeps loads that published nothing; 0 forever.", least=0, most=36500
    )
    audit_days: int = _setting(0, "Days that the audit trail is kept; 0 forever.", least=0, most=36500)
    alert_days: int = _setting(90, "Days that sent alerts are kept; 0 forever.", least=0, most=36500)
    maintenance_apply: bool = _setting(
        False, "Whether `refdata_maintenance` deletes by itself; otherwise it only reports what it would delete."
    )
    maintenance_convert_heaps: bool = _setting(
        False,
        "Whether maintenance, when it applies its plan, also gives tables of SQL Server without a clustered index one."
        " Each is rewritten once; meanwhile nobody can use it, except where the edition creates indexes online.",
    )
    maintenance_schedule: str = _setting(
        "30 3 * * *", "When `refdata_maintenance` runs, as a cron expression in UTC.", pattern=_FILLED
    )
    alert_notifiers: str = _setting(
        "",
        'JSON list of Airflow notifiers that receive the alerts, each `{"notifier": "<class>", <arguments>}`;'
        " `{title}`, `{text}`, `{html}`, `{category}`, `{file}`, `{run_id}` and `{url}` are replaced; `categories`"
        " and `except`, lists of categories, select the alerts. Empty: alerts go to the log only.",
        sensitive=True,
    )
    alert_window: float = _setting(
        900.0, "Seconds during which alerts of one category are gathered into one message.", least=0, most=_YEAR
    )
    alert_waiting: float = _setting(
        14400.0, "Alert on loads that are unfinished after this many seconds.", least=1, most=_YEAR
    )
    alert_unseen: float = _setting(
        600.0,
        "Alert on files that stay in their folder unseen for this many seconds beyond the stability wait.",
        least=1,
        most=_YEAR,
    )
    alert_error_rate: float = _setting(
        0.2, "Alert above this share of refused files during the last `health_period`.", least=0, most=1
    )
    alert_slow_load: float = _setting(
        1800.0, "Alert on loads that work longer than this, in seconds.", least=1, most=_YEAR
    )
    alert_load_warnings: bool = _setting(
        True, "Whether files that are loaded with warnings are reported, under the category `load_warnings`."
    )
    health_interval: float = _setting(300.0, "Seconds between two runs of `refdata_health`.", least=10, most=86400)
    health_period: float = _setting(
        3600.0, "Period of refused and slow loads that health checks examine, in seconds.", least=60, most=_YEAR
    )
    upload_max_mb: int = _setting(1024, "Largest file that may be uploaded, in MB; 0 for no uploads.", least=0)
    upload_folder_max_mb: int = _setting(4096, "Most MB of uploaded files that wait together.", least=1)
    upload_keep_hours: int = _setting(24, "Hours after which an unused upload is deleted.", least=1, most=8760)
    upload_scanner: str = _setting(
        "",
        "Command that checks each uploaded file for viruses, as a JSON list such as"
        ' `["clamdscan", "--fdpass", "{file}"]`; exit code 0 accepts the file. Empty: none.',
    )
    upload_scanner_timeout: float = _setting(60.0, "Seconds that the virus scanner may take.", least=1, most=3600)
    stewards_only: bool = _setting(
        False,
        "Whether only the steward whom a table's contract names, and those who may change Airflow's assets, may upload"
        " to the table, answer and undo on the page.",
    )
    min_free_mb: int = _setting(
        1024, "Free space in the dropoff folder below which health fails, and that local copies leave, in MB.", least=0
    )
    min_free_memory_mb: int = _setting(512, "Free memory below which health warns, in MB.", least=0)
    source_db: str = _setting("", "Database name for the configuration table; empty means the connection's database.")


def specs() -> tuple[Field[Any], ...]:
    """The declared settings in order; ``metadata`` has meaning, least, most, choices and pattern."""
    return fields(Settings)


def parse(values: Mapping[str, str], *, source: str = f"[{SECTION}]") -> Settings:
    """Parses settings from text values; a missing name keeps its default.

    :raises ConfigurationError: on an unknown name or a value of the wrong type or range, naming the setting.
    """
    known = {spec.name: spec for spec in specs()}
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise ConfigurationError(
            f"Unknown setting {', '.join(unknown)}", where=source, advice=f"Use one of: {', '.join(known)}"
        )
    parsed: dict[str, Any] = {name: _value(known[name], text, source) for name, text in values.items()}
    settings = Settings(**parsed)
    _check_together(settings, source)
    return settings


def _value(spec: Field[Any], text: str, source: str) -> object:
    try:
        value = _CONVERTERS[str(spec.type)](text)
    except ValueError:
        raise _bad(spec, text, source, f"it must be {TYPE_WORDS[str(spec.type)]}") from None
    if fault := limit_fault(spec, value):
        raise _bad(spec, text, source, fault)
    return value


TYPE_WORDS: Mapping[str, str] = {"int": "a whole number", "float": "a number", "bool": "true or false", "str": "text"}
"""The types of settings in words, by their names."""


def limit_fault(spec: Field[Any], value: object) -> str:
    """The limit that a value of the right type exceeds, as text, or ``""`` if it exceeds none."""
    kept = _in_range(spec, value) and (not spec.metadata["choices"] or value in spec.metadata["choices"])
    kept = kept and (not spec.metadata["pattern"] or re.fullmatch(spec.metadata["pattern"], str(value)) is not None)
    if spec.name == "code_page":
        kept = _is_encoding(str(value))
    return "" if kept else f"it must be {allowed(spec)}"


def allowed(spec: Field[Any]) -> str:
    """The values that a setting accepts, in words: ``between 1 and 1000``; ``""`` for any value of its type."""
    choices, pattern, least, most = (spec.metadata[key] for key in ("choices", "pattern", "least", "most"))
    if choices:
        return f"one of {', '.join(choices)}"
    if pattern:
        words = {
            _IDENTIFIER: "at most 100 letters, digits and underscores",
            _OPTIONAL_IDENTIFIER: "empty, or at most 100 letters, digits and underscores",
            LIMIT: "a number, a percentage or empty",
            _PREFIX: "empty, or at most 60 letters, digits, `_`, `.` and `-`",
            TYPES_PATTERN: f"a list of {', '.join(FILE_TYPES)}",
        }
        return words.get(pattern, "filled in")
    if spec.name == "code_page":
        return "an encoding that Python knows, such as cp1252 or cp932"
    if least is None:
        return ""
    return f"at least {least:.12g}" if most is None else f"between {least:.12g} and {most:.12g}"


def _in_range(spec: Field[Any], value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return True
    least, most = spec.metadata["least"], spec.metadata["most"]
    # A NaN compares false with everything, so it is out of every range.
    return (least is None or value >= least) and (most is None or value <= most)


def _is_encoding(name: str) -> bool:
    try:
        "é".encode(name, "replace")
    except (LookupError, ValueError):  # LookupError also for codecs that are not text encodings, such as base64
        return False
    return True


def _check_together(settings: Settings, source: str) -> None:
    for first, second in (("ref_schema", "bkp_schema"), ("ledger_table", "config_table")):
        if getattr(settings, first).lower() == getattr(settings, second).lower():
            raise ConfigurationError(
                f"Settings {first} and {second} are both {getattr(settings, first)!r}, and must differ",
                where=source,
                advice="Give one of them another name.",
            )


def _boolean(text: str) -> bool:
    truth = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
    try:
        return truth[text.strip().lower()]
    except KeyError:
        raise ValueError(text) from None


_CONVERTERS: Mapping[str, Callable[[str], object]] = {"int": int, "float": float, "bool": _boolean, "str": str.strip}


def _bad(spec: Field[Any], text: str, source: str, rule: str) -> ConfigurationError:
    return ConfigurationError(
        f"Setting {spec.name} has the value {text!r}, but {rule}",
        where=source,
        advice=f"Correct it, or remove it to use the default {spec.default!r}. Meaning: {spec.metadata['meaning']}",
    )
