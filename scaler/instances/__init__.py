"""The fleet: instances seen, launched, and ended."""
