"""The papers of a release as text: sentences made of its facts, and the papers that arrange them. Pure."""
