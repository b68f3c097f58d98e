-- Purpose: creates the list of tables that take no more files: retired, renamed or deleted by a person. Safe to run again.
-- Parameters: none. Result: none.
IF OBJECT_ID(N'[ref].[Reference_Data_Closed]', N'U') IS NULL
CREATE TABLE [ref].[Reference_Data_Closed] (
    table_name NVARCHAR(255) NOT NULL PRIMARY KEY,
    state NVARCHAR(50) NOT NULL,
    new_name NVARCHAR(255) NULL,
    closed_at DATETIME2 NOT NULL,
    closed_by NVARCHAR(255) NOT NULL,
    reason NVARCHAR(1000) NOT NULL
)
