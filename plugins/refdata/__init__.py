"""refdata: CSV files dropped into a folder become trusted, versioned reference tables."""

__version__ = "0.1.0"
