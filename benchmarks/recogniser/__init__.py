"""`python -m benchmarks.recogniser`: how fast the recogniser is, beside the reference."""
