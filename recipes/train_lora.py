"""
Fine-tune a model as a guard on the files of `export_training`: LoRA by transformers, peft and TRL.

    .venv-train/bin/python recipes/train_lora.py training --model BASE --out guard

It needs requirements/train.txt and, for a model of some billion weights, a GPU. No Django, no database.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # so that it runs as a file, too

from recipes.lora.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
