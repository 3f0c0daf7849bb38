"""Project files: the settings of a project as one JSON file, without data, people and secrets."""
