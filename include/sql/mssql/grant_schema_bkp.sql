-- Purpose: grants the right to read and write the kept versions. Safe to run again.
-- Parameters: none. Result: none.
GRANT SELECT, INSERT, UPDATE, DELETE ON SCHEMA::[bkp] TO [refdata_ingest]
