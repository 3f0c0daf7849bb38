"""A whole installation in one folder: its database, its releases, and a manifest with the hash of every file."""
