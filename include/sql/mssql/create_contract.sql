-- Purpose: creates the table of learned contracts, one row per version whose load showed something new about the files.
--   Safe to run again.
-- Parameters: none. Result: none.
IF OBJECT_ID(N'[ref].[Reference_Data_Contract]', N'U') IS NULL
CREATE TABLE [ref].[Reference_Data_Contract] (
    id INT IDENTITY(1, 1) NOT NULL PRIMARY KEY,
    table_name NVARCHAR(255) NOT NULL,
    version_id INT NOT NULL,
    load_id INT NOT NULL,
    recorded_at DATETIME2 NOT NULL,
    document NVARCHAR(MAX) NOT NULL
)
