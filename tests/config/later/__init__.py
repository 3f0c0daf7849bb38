"""An app whose migrations are those of a later version."""
