-- Purpose: records that a step of refdata's own schema was done, now by this machine's clock (UTC).
-- Parameters: version, summary, applied_by. Result: none.
INSERT INTO [ref].[Reference_Data_Schema] (version, summary, applied_by, applied_at)
VALUES (?, ?, ?, strftime('%Y-%m-%d %H:%M:%f', 'now'))
