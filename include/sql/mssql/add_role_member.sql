-- Purpose: adds the user to the role. Safe to run again.
-- Parameters: none; the name [ingest_user] is the one to change. Result: none.
ALTER ROLE [refdata_ingest] ADD MEMBER [ingest_user]
