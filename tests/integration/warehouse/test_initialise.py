from __future__ import annotations

from tests.integration.engines import Database


def test_a_second_initialise_changes_nothing(database: Database) -> None:
    database.run("INSERT INTO ref.Reference_Data_Cfg (ref_name, created_at) VALUES ('x', '2024-01-01')")
    database.warehouse.initialise()
    assert database.rows("SELECT ref_name, is_enabled FROM ref.Reference_Data_Cfg") == [("x", 1)]
    assert database.warehouse.tables(database.settings.ref_schema) == ()
