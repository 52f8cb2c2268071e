"""A system in one file: database, gallery, stored pictures and videos; and back again."""
