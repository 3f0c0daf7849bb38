"""Which identity groups a text names, by a versioned list of terms. Pure."""
