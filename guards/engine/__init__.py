"""How the jury's engine asks guards about the cases of benchmarks."""
