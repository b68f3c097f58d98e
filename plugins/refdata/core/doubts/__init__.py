"""What the evidence of a load leaves in doubt: a module a kind, each from plain facts to questions. Pure."""
