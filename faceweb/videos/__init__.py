"""Videos that people send: stored, followed until their names are known, shown, deleted."""
