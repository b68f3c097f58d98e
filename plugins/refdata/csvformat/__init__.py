"""From bytes to a format, a scan and typed Arrow batches."""
