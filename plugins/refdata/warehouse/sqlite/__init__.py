"""The embedded engine: SQLite through Airflow's SqliteHook."""
