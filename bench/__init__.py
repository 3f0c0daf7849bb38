"""The speed claims: each a command that prints its figure beside a reference measured in the same run."""
