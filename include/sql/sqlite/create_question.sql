-- Purpose: creates the table of questions, each with its answer. Safe to run again.
-- Parameters: none. Result: none.
CREATE TABLE IF NOT EXISTS [ref].[Reference_Data_Question] (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    load_id INT NOT NULL,
    table_name NVARCHAR(255) NOT NULL,
    file_name NVARCHAR(255) NOT NULL,
    kind NVARCHAR(50) NOT NULL,
    column_name NVARCHAR(128) NOT NULL,
    fingerprint NVARCHAR(16) NOT NULL,
    subject NVARCHAR(500) NOT NULL,
    document TEXT NOT NULL,
    asked_at DATETIME2 NOT NULL,
    choice NVARCHAR(255),
    is_kept BIT,
    answered_by NVARCHAR(255),
    reason NVARCHAR(1000),
    answered_at DATETIME2,
    withdrawn_by NVARCHAR(255),
    withdrawn_at DATETIME2
)
