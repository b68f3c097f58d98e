-- Purpose: creates the table of schema steps applied to this database, one row per step. Safe to run again.
-- Parameters: none. Result: none.
IF OBJECT_ID(N'[ref].[Reference_Data_Schema]', N'U') IS NULL
CREATE TABLE [ref].[Reference_Data_Schema] (
    version INT NOT NULL PRIMARY KEY,
    summary NVARCHAR(400) NOT NULL,
    applied_at DATETIME2 NOT NULL,
    applied_by NVARCHAR(255) NOT NULL
)
