-- Purpose: records that a step of refdata's own schema was done, now by the server's clock (UTC).
-- Parameters: version, summary, applied_by. Result: none.
INSERT INTO [ref].[Reference_Data_Schema] (version, summary, applied_by, applied_at)
VALUES (?, ?, ?, SYSUTCDATETIME())
