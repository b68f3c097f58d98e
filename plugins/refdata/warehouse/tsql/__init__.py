"""Shared parts of the T-SQL engines: types, DDL, sessions, errors, staging."""
