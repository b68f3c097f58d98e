-- Purpose: creates the table of schema steps applied to this database, one row per step. Safe to run again.
-- Parameters: none. Result: none.
CREATE TABLE IF NOT EXISTS [ref].[Reference_Data_Schema] (
    version INT NOT NULL PRIMARY KEY,
    summary NVARCHAR(400) NOT NULL,
    applied_at DATETIME2 NOT NULL,
    applied_by NVARCHAR(255) NOT NULL
)
