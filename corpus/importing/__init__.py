"""Read files into checked rows. Pure: no Django, no database."""
