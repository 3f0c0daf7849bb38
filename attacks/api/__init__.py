"""REST routes of the red-team room."""
