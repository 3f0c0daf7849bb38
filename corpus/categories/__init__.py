"""Categories of hazards as plain values: their versions, changes, files and differences. Pure."""
