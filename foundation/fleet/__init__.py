"""What instances, functions, the scaler and the web tier know of each other."""
