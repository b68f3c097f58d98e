-- Purpose: the right to create tables, in the schemas that may be altered. Safe to run again.
-- Parameters: none. Result: none.
GRANT CREATE TABLE TO [refdata_ingest]
