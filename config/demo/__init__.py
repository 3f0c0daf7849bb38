"""The demo: dialogues, votes and reference labels written for it, and the run through all stages."""
