"""`python -m recognition`: the recogniser on the command line."""
