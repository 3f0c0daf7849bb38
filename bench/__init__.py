"""Benchmarks of the speed claims; each command prints its figure beside a reference measured in the same run."""
