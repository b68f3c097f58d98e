-- Purpose: which steps of refdata's own schema this database has had, one row each. Safe to run again.
-- Parameters: none. Result: none.
IF OBJECT_ID(N'[ref].[Reference_Data_Schema]', N'U') IS NULL
CREATE TABLE [ref].[Reference_Data_Schema] (
    version INT NOT NULL PRIMARY KEY,
    summary NVARCHAR(400) NOT NULL,
    applied_at DATETIME2 NOT NULL,
    applied_by NVARCHAR(255) NOT NULL
)
