"""What the evidence of a load leaves in doubt: one module per kind, each turning plain facts into questions. Pure."""
