"""What the Django admin shows of long histories and read-only tables."""
