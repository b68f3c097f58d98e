-- Purpose: creates the unique index on a load's questions, so that each is asked once. Safe to run again.
-- Parameters: none. Result: none.
CREATE UNIQUE INDEX IF NOT EXISTS [ref].UX_Reference_Data_Question_load
ON Reference_Data_Question (load_id, fingerprint)
