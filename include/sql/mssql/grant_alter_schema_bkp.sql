-- Purpose: grants the right to create, widen, empty and drop tables in the schema. Safe to run again.
-- Parameters: none. Result: none.
GRANT ALTER ON SCHEMA::[bkp] TO [refdata_ingest]
