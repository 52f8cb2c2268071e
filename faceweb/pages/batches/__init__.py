"""Many pictures at once: sent one by one, shown together, exported."""
