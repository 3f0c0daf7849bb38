"""Reads of raters, items and reports, named for what comes back."""
