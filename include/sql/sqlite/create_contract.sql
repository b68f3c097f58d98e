-- Purpose: what the loads of a table have taught about its files, one row for each version that taught something.
--   Safe to run again.
-- Parameters: none. Result: none.
CREATE TABLE IF NOT EXISTS [ref].[Reference_Data_Contract] (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    table_name NVARCHAR(255) NOT NULL,
    version_id INT NOT NULL,
    load_id INT NOT NULL,
    recorded_at DATETIME2 NOT NULL,
    document TEXT NOT NULL
)
