"""REST routes of guards."""
