"""Wiring only: settings, servers, URLs and the doors that join the apps."""
