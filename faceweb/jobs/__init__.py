"""Jobs that were taken in: their tasks, their history and their pictures, and their deletion."""
