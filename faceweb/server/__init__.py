"""The HTTP server: connections, deadlines, and bodies that are read only when allowed."""
