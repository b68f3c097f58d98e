-- Purpose: creates the alerts' index on category. Safe to run again.
-- Parameters: none. Result: none.
CREATE INDEX IF NOT EXISTS [ref].IX_Reference_Data_Alert_category ON Reference_Data_Alert (category)
