"""What the engines on T-SQL share: types, DDL, sessions, errors, staging."""
