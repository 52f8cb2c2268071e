"""What was seen and decided: kept, replayed, and shown."""
