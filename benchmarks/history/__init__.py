"""How quick pages, lists and searches are in front of a long history: `benchmark history`."""
