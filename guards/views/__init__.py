"""Pages of guards, for leads."""
