-- Purpose: grants the right to read and write the stage tables. Safe to run again.
-- Parameters: none. Result: none.
GRANT SELECT, INSERT, UPDATE, DELETE ON SCHEMA::[ref_stage] TO [refdata_ingest]
