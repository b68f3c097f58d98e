-- Purpose: creates the configuration table, one row per reference table. Safe to run again.
-- Parameters: none. Result: none.
CREATE TABLE IF NOT EXISTS [ref].[Reference_Data_Cfg] (
    ref_name NVARCHAR(255) NOT NULL PRIMARY KEY,
    sp_name NVARCHAR(255),
    source_db NVARCHAR(255),
    source_schema NVARCHAR(255),
    source_table NVARCHAR(255),
    is_enabled BIT NOT NULL DEFAULT 1,
    created_at DATETIME2 NOT NULL,
    created_by NVARCHAR(255),
    updated_at DATETIME2
)
