-- Purpose: grants the right to create and drop stage tables in their schema. Safe to run again.
-- Parameters: none. Result: none.
GRANT ALTER ON SCHEMA::[ref_stage] TO [refdata_ingest]
