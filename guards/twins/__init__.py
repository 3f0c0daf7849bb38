"""Texts that differ in the identity group they name, and in nothing else. Pure: no Django, no database."""
