-- Purpose: creates the table of alerts, one row per alert. Safe to run again.
-- Parameters: none. Result: none.
IF OBJECT_ID(N'[ref].[Reference_Data_Alert]', N'U') IS NULL
CREATE TABLE [ref].[Reference_Data_Alert] (
    id INT IDENTITY(1, 1) NOT NULL PRIMARY KEY,
    raised_at DATETIME2 NOT NULL,
    category NVARCHAR(50) NOT NULL,
    title NVARCHAR(500) NOT NULL,
    message NVARCHAR(MAX) NOT NULL,
    file_path NVARCHAR(500) NOT NULL,
    dag_run_id NVARCHAR(250) NOT NULL,
    url NVARCHAR(1000) NOT NULL,
    sent_at DATETIME2 NULL
)
