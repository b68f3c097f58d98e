-- Purpose: creates the table of learned contracts, one row per version whose load showed something new about the files.
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
