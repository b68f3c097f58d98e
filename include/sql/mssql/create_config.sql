-- Purpose: creates the configuration table, one row per reference table. Safe to run again.
-- Parameters: none. Result: none.
IF OBJECT_ID(N'[ref].[Reference_Data_Cfg]', N'U') IS NULL
CREATE TABLE [ref].[Reference_Data_Cfg] (
    ref_name NVARCHAR(255) NOT NULL PRIMARY KEY,
    sp_name NVARCHAR(255) NULL,
    source_db NVARCHAR(255) NULL,
    source_schema NVARCHAR(255) NULL,
    source_table NVARCHAR(255) NULL,
    is_enabled BIT NOT NULL DEFAULT 1,
    created_at DATETIME2 NOT NULL,
    created_by NVARCHAR(255) NULL,
    updated_at DATETIME2 NULL
)
