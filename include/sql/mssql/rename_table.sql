-- Purpose: renames a table; its rows, columns, indexes and foreign keys stay. Views and procedures that name it do not follow.
-- Parameters: schema and table in brackets, new name.
-- Result: none.
EXEC sp_rename @objname = ?, @newname = ?, @objtype = N'OBJECT'
