"""Unknown faces, grouped by likeness, and what people say of the groups."""
