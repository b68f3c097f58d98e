"""Commands of the command line, one module a subject; ``refdata.cli`` puts them together."""
