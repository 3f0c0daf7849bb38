"""Guard models: benchmarks, evaluation, training data, training, fairness and evasion."""
