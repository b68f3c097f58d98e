-- Purpose: creates the audit trail, one row per action of a person or of maintenance on a table, version or file. Safe
--   to run again.
-- Parameters: none. Result: none.
CREATE TABLE IF NOT EXISTS [ref].[Reference_Data_Audit] (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    happened_at DATETIME2 NOT NULL,
    action NVARCHAR(50) NOT NULL,
    actor NVARCHAR(255) NOT NULL,
    table_name NVARCHAR(255),
    load_id INT,
    version_id INT,
    subject NVARCHAR(500),
    reason NVARCHAR(1000),
    detail TEXT
)
