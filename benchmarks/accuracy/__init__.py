"""All models at hand and the usual rules of others, on the same pictures in one run."""
