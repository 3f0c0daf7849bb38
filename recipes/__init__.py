"""Recipes for machines with a GPU, which stand on requirements/train.txt. The rest of Assize needs none of it."""
