-- Purpose: reads the collation by which the database compares texts that have none of their own.
-- Parameters: none.
-- Result: collation_name.
SELECT CAST(DATABASEPROPERTYEX(DB_NAME(), N'Collation') AS NVARCHAR(128)) AS collation_name
