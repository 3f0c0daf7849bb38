"""From a file to checked rows. Pure: no Django, no database."""
