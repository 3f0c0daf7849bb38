"""The red-team room: people attack models turn by turn, and others label what comes of it."""
