"""Doubts about a load: one module per kind, each turning plain facts into questions. Pure."""
