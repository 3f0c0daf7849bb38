"""Training data from releases, and the small guard that is trained on them. Pure: no Django, no database."""
