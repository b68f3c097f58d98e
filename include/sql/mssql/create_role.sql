-- Purpose: creates the role that has the rights needed for loading, and no others. Safe to run again.
-- Parameters: none. Result: none.
IF USER_ID(PARSENAME(N'[refdata_ingest]', 1)) IS NULL CREATE ROLE [refdata_ingest]
