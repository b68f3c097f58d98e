-- Purpose: reads the name of the connection's database.
-- Parameters: none.
-- Result: database_name.
SELECT DB_NAME() AS database_name
