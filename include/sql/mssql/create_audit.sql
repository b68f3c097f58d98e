-- Purpose: creates the audit trail, one row per action of a person or of maintenance on a table, version or file. Safe
--   to run again.
-- Parameters: none. Result: none.
IF OBJECT_ID(N'[ref].[Reference_Data_Audit]', N'U') IS NULL
CREATE TABLE [ref].[Reference_Data_Audit] (
    id INT IDENTITY(1, 1) NOT NULL PRIMARY KEY,
    happened_at DATETIME2 NOT NULL,
    action NVARCHAR(50) NOT NULL,
    actor NVARCHAR(255) NOT NULL,
    table_name NVARCHAR(255) NULL,
    load_id INT NULL,
    version_id INT NULL,
    subject NVARCHAR(500) NULL,
    reason NVARCHAR(1000) NULL,
    detail NVARCHAR(MAX) NULL
)
