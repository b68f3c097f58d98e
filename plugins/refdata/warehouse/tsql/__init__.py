"""What the T-SQL engines share: types, DDL, sessions, errors, staging."""
