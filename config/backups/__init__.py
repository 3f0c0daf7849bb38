"""Back up an installation into one folder: database, releases, and a manifest with the hash of every file."""
