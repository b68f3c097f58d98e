-- Purpose: creates the login that loads; run it in master, with the right to create logins. Safe to run again: an
--   existing login keeps its password.
-- Parameters: login, password (128 characters at most). Result: none.
DECLARE @login NVARCHAR(128) = ?, @password NVARCHAR(128) = ?, @statement NVARCHAR(MAX)
IF SUSER_ID(@login) IS NULL
BEGIN
    SET @statement = N'CREATE LOGIN ' + QUOTENAME(@login) + N' WITH PASSWORD = ' + QUOTENAME(@password, N'''')
    EXEC sp_executesql @statement
END
