"""Files of weights: found on this machine, or fetched with progress and checked by their hash."""
