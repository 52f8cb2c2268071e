"""How Django writes moments, by language."""
