"""Read labelled files as cases of a benchmark. Pure: no Django, no database."""
