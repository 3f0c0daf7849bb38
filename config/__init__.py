"""Wiring only: settings, servers, URLs, and the pages and routes that join the apps."""
