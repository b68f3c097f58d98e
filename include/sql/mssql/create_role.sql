-- Purpose: the role that holds what loading needs, and nothing more. Safe to run again.
-- Parameters: none. Result: none.
IF USER_ID(PARSENAME(N'[refdata_ingest]', 1)) IS NULL CREATE ROLE [refdata_ingest]
