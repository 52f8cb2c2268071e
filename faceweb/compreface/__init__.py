"""CompreFace's REST API, for programs that were written for it: its paths, answers and errors."""
