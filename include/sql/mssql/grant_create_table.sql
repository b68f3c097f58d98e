-- Purpose: grants the right to create tables in the schemas that the role may alter. Safe to run again.
-- Parameters: none. Result: none.
GRANT CREATE TABLE TO [refdata_ingest]
