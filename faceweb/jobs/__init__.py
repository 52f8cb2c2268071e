"""Jobs: from an uploaded picture to its row, its history, and its deletion."""
