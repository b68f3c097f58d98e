"""The database behind one interface: SQL Server, ODBC, or the embedded SQLite."""
