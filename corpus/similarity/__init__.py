"""How alike texts are, and which of many are near-duplicates of each other. Pure."""
