"""Which models there are, which one to use, and how one is loaded."""
