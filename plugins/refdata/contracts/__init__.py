"""Contract files: reading, checking and writing ``contracts/<table>.yaml``, and the descriptors of other tools."""
