"""Pages of the red-team room."""
