-- Purpose: creates the table of alerts, one row per alert. Safe to run again.
-- Parameters: none. Result: none.
CREATE TABLE IF NOT EXISTS [ref].[Reference_Data_Alert] (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    raised_at DATETIME2 NOT NULL,
    category NVARCHAR(50) NOT NULL,
    title NVARCHAR(500) NOT NULL,
    message TEXT NOT NULL,
    file_path NVARCHAR(500) NOT NULL,
    dag_run_id NVARCHAR(250) NOT NULL,
    url NVARCHAR(1000) NOT NULL,
    sent_at DATETIME2
)
