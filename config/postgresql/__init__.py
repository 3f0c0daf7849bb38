"""A database backend: Django's for PostgreSQL, with a cheaper check of connections, that may go through a pooler."""
