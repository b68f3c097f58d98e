"""Writes docs/statements.md from the files of ``include/sql``: every statement with its rights and locks.

Run it after a change of a statement: ``PYTHONPATH=plugins python -m scripts.write_statements``. A test fails while the
page differs.
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "statements.md"
HEAD = """# Statements on SQL Server

Written by `scripts/write_statements.py`, for the DBA. Values are always parameters. The grant scripts in
`include/sql/mssql` give exactly the rights listed: SELECT, INSERT, UPDATE, DELETE and ALTER on the schemas, CREATE TABLE, and
EXECUTE in `ref` for your own procedures.
Locks are those of SQL Server's default level, READ COMMITTED. With READ_COMMITTED_SNAPSHOT a SELECT takes none and readers do
not wait. `lock_timeout` limits every wait; what waits longer is retried. [verify-on-sql-server.sql](verify-on-sql-server.sql)
checks on your server what this page relies on.

## Made for a table

| statement | locks | how long | rights |
| --- | --- | --- | --- |
| `CREATE TABLE` and its indexes (first load) | schema modification lock on the new tables, which nobody else sees | the publish transaction, with the rows | ALTER on the schema, CREATE TABLE |
| `ALTER TABLE` (`align_table`) | schema modification lock on the version table, then on the table | one transaction each, before the load: milliseconds for a new column, the time of a rewrite for a wider type; waited for in turns of `publish_lock_wait` | ALTER on the schema, CREATE TABLE |
| stage table: `CREATE`, bulk copy or `INSERT … VALUES`, `DROP` | the stage table only, which nobody else reads | while the file is read | ALTER on the schema, CREATE TABLE, INSERT |
| `CREATE` and `DROP` of a key's unique index | schema modification lock; `ONLINE = ON` where the edition has it | one pass over the table | ALTER on the schema |
| publish: version copy, `DELETE` or `TRUNCATE`, `INSERT … SELECT`, or the difference by key | shared lock on the table (`TABLOCK, HOLDLOCK`) while the version is copied and rows are compared, exclusive (`TABLOCKX`) from the first change on; `sp_getapplock` for the table, rows of the ledger | one transaction; readers under READ_COMMITTED_SNAPSHOT read the old rows meanwhile, except with `TRUNCATE` | SELECT, INSERT, DELETE, UPDATE; ALTER for `TRUNCATE` |
| rollback and take-back | as for a publish | one transaction | SELECT, INSERT, DELETE, UPDATE |
| comparison of versions, rows on the page | shared locks, released row by row; temporary tables in tempdb | one pass over both versions | SELECT |
| `UPDATE STATISTICS` after a large change | schema stability lock | a sample of the table | ALTER on the schema |
"""
KINDS = {
    # what a statement does: (locks, how long, rights)
    "SELECT": ("shared locks on the rows read, released at once", "milliseconds", "SELECT"),
    "INSERT": ("exclusive lock on its row", "until its short transaction ends", "INSERT"),
    "UPDATE": ("exclusive locks on the rows changed", "until its short transaction ends", "UPDATE, SELECT"),
    "DELETE": ("exclusive locks on the rows deleted", "until its short transaction ends", "DELETE, SELECT"),
    "LOCK": ("an application lock, which blocks no table", "until its transaction ends", "none (public may)"),
    "CREATE": ("schema modification lock on the object", "once, in an upgrade", "ALTER on the schema, CREATE TABLE"),
    "ALTER": ("schema modification lock on the object", "once, in an upgrade", "ALTER on the schema"),
    "DROP": ("schema modification lock on the object", "once, in an upgrade", "ALTER on the schema"),
    "ADMIN": ("schema modification lock on the principal or schema", "once, by the DBA", "db_owner, or sysadmin for the server"),
}  # fmt: skip
_ADMIN = ("create_database", "create_login", "create_role", "create_user", "create_schema", "add_role", "grant_")


def page() -> str:
    """The page."""
    folders = (ROOT / "include" / "sql" / folder for folder in ("mssql", "common"))
    files = sorted((path for folder in folders for path in folder.glob("*.sql")), key=lambda path: path.stem)
    named = {path.stem: path.read_text(encoding="utf-8") for path in reversed(files)}
    text = HEAD
    for kind, (locks, duration, rights) in KINDS.items():
        stems = sorted(stem for stem, sql in named.items() if kind_of(stem, sql) == kind)
        text += f"\n## {kind.capitalize()}\n\nLocks: {locks}. How long: {duration}. Rights: {rights}.\n"
        text += "\n| file | purpose |\n| --- | --- |\n"
        text += "".join(f"| `{stem}` | {_purpose(named[stem])} |\n" for stem in stems)
    return text


def kind_of(stem: str, sql: str) -> str:
    """What a statement does, by its first verb that decides on rights; an upgrade's check of the catalog is none."""
    if stem.startswith(_ADMIN) and stem != "create_schema_history":
        return "ADMIN"
    if "sp_getapplock" in sql:
        return "LOCK"
    code = re.sub(r"--[^\n]*", "", sql)
    verbs = re.findall(r"^\s*(?:IF .*?)?\b(INSERT|UPDATE|DELETE|CREATE|ALTER|DROP)\b", code, re.MULTILINE)
    nested = re.findall(r"N'\s*(CREATE|ALTER|DROP|UPDATE)\b", code)
    return next(iter((*verbs, *nested)), "SELECT")


def _purpose(sql: str) -> str:
    header = re.search(r"-- Purpose: (.*?)\n(?:-- (?:Parameters|Result)|[^-])", sql, re.DOTALL)
    words = re.sub(r"\n--\s*", " ", header[1] if header else "").strip()
    return words.partition(". ")[0].rstrip(".").replace("|", "\\|") + "."


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
