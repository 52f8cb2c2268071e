"""The gallery: who is known, and the files that hold it."""
