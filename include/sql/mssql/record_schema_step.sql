-- Purpose: records that a schema step of refdata's own tables was applied, at the current time of the server (UTC).
-- Parameters: version, summary, applied_by. Result: none.
INSERT INTO [ref].[Reference_Data_Schema] (version, summary, applied_by, applied_at)
VALUES (?, ?, ?, SYSUTCDATETIME())
