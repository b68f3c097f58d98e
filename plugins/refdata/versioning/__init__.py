"""Reads what a table was: its versions, what differs between two, the rows of one."""
