"""The parts of recipes/train_lora.py. Only `fine_tuning` and `asking` load torch, when everything else is checked."""
