"""Collections: who reaches which, their limits, making and deleting them."""
