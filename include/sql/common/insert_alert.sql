-- Purpose: stores a new alert; it is not sent yet.
-- Parameters: raised_at, category, title, message, file_path, dag_run_id, url.
-- Result: none.
INSERT INTO [ref].[Reference_Data_Alert] (raised_at, category, title, message, file_path, dag_run_id, url)
VALUES (?, ?, ?, ?, ?, ?, ?)
