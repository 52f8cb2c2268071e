"""`faces doctor`: looks at all that the system stands on, and says what to do."""
