"""Back up an installation into one folder: database, releases, guards, and a manifest with the hash of every file."""
