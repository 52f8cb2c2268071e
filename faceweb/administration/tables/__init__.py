"""The tables of the admin, a file a subject."""
