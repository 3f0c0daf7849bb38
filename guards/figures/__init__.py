"""Figures of guards, from stored verdicts. Pure, on numpy arrays: no Django, no database."""
