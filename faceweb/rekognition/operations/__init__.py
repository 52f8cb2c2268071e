"""What each operation does with people, faces and collections."""
