"""What people say of faces: it is kept, and undone for a day."""
