"""Migrations that change a table of votes in each way that locks nobody out."""
