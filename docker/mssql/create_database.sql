-- Purpose: the database, in the server's collation. Safe to run again. Row versioning lets readers see the rows
-- before a publish while it runs.
-- Parameters (sqlcmd variables): REFDATA_DATABASE. Result: none.
IF DB_ID(N'$(REFDATA_DATABASE)') IS NULL CREATE DATABASE [$(REFDATA_DATABASE)];
GO
IF EXISTS (SELECT 1 FROM sys.databases WHERE name = N'$(REFDATA_DATABASE)' AND is_read_committed_snapshot_on = 0)
    ALTER DATABASE [$(REFDATA_DATABASE)] SET READ_COMMITTED_SNAPSHOT ON WITH ROLLBACK IMMEDIATE;
GO
