"""What attacks add to the jury's engine: who is asked what, and out of which budget."""
