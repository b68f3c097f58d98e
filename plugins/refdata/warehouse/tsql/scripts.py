"""The files of ``include/sql/mssql`` that set up a database, in order."""

from __future__ import annotations

from refdata.core.schemasteps import FIRST_SCRIPT, STEPS

SCHEMA_SCRIPTS = ("create_schema_ref", "create_schema_bkp")
STAGE_SCRIPT = "create_schema_stage"
"""Runs on its own: a login that may not create schemas keeps stage tables beside the others."""
INIT_SCRIPTS = (*SCHEMA_SCRIPTS, STAGE_SCRIPT, FIRST_SCRIPT, *(script for step in STEPS for script in step.scripts))
"""All scripts that a person runs by hand, in order."""
PROCEDURES = {
    "sp_refdata_report_files": ("drop_procedure_report_files", "create_procedure_report_files"),
    "sp_refdata_release_turn": ("drop_procedure_release_turn", "create_procedure_release_turn"),
}
"""For people at a SQL prompt; nothing here calls them."""
GRANT_SCRIPTS = (
    "create_role",
    "grant_schema_ref",
    "grant_schema_bkp",
    "grant_schema_stage",
    "grant_alter_schema_ref",
    "grant_alter_schema_bkp",
    "grant_alter_schema_stage",
    "grant_create_table",
    "create_user",
    "add_role_member",
)
