"""Reads a table's history: its versions, the differences between two, the rows of one."""
