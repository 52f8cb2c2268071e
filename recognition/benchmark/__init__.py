"""`python -m recognition.benchmark`: how fast the recogniser is, beside the reference."""
