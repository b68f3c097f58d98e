-- Purpose: finds which edition the server is, because only some create an index online.
-- Parameters: none.
-- Result: edition (3 Enterprise or Developer, 5 Azure SQL Database, 8 Azure SQL Managed Instance), is_babelfish (0 or 1).
SELECT CAST(SERVERPROPERTY('EngineEdition') AS INT) AS edition,
    CASE WHEN SERVERPROPERTY('Babelfish') IS NULL THEN 0 ELSE 1 END AS is_babelfish
