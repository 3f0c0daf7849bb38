"""Template filters of the jury."""
