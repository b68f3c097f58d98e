-- Purpose: creates the ledger, one row per dropped file. Safe to run again.
--   Paths are compared byte by byte, as on a Linux disk. table_name is compared as the database compares its own
--   object names, so two spellings of one table share one turn.
-- Parameters: none. Result: none.
IF OBJECT_ID(N'[ref].[File_Monitor_Tracking]', N'U') IS NULL
CREATE TABLE [ref].[File_Monitor_Tracking] (
    id INT IDENTITY(1, 1) NOT NULL PRIMARY KEY,
    file_path NVARCHAR(500) COLLATE Latin1_General_BIN2 NOT NULL UNIQUE,
    file_name NVARCHAR(255) NOT NULL,
    file_size BIGINT NULL,
    file_hash NVARCHAR(64) NULL,
    file_mtime_ns BIGINT NULL,
    file_identity NVARCHAR(120) NULL,
    load_type NVARCHAR(50) NOT NULL,
    table_name NVARCHAR(255) NOT NULL,
    detected_delimiter NVARCHAR(5) NULL,
    detected_headers NVARCHAR(MAX) NULL,
    detected_encoding NVARCHAR(50) NULL,
    detected_format NVARCHAR(MAX) NULL,
    is_reference_data BIT NOT NULL,
    reference_config_inserted BIT NOT NULL DEFAULT 0,
    status NVARCHAR(50) NOT NULL,
    attempt INT NOT NULL DEFAULT 0,
    rows_read BIGINT NULL,
    rows_staged BIGINT NULL,
    rows_loaded BIGINT NULL,
    rows_rejected BIGINT NULL,
    version_id INT NULL,
    load_method NVARCHAR(20) NULL,
    error_category NVARCHAR(50) NULL,
    error_message NVARCHAR(MAX) NULL,
    warnings NVARCHAR(MAX) NULL,
    dag_run_id NVARCHAR(250) NULL,
    created_at DATETIME2 NOT NULL,
    started_at DATETIME2 NULL,
    heartbeat_at DATETIME2 NULL,
    loaded_at DATETIME2 NULL,
    processed_at DATETIME2 NULL
)
