"""Detection: where the faces are, how good they are, and how they are cut out."""
