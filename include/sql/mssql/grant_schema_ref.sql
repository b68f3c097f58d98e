-- Purpose: grants the right to read and write the reference tables, the ledger and the configuration, and to run
--   validation procedures. Safe to run again.
-- Parameters: none. Result: none.
GRANT SELECT, INSERT, UPDATE, DELETE, EXECUTE ON SCHEMA::[ref] TO [refdata_ingest]
