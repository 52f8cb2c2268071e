"""A gallery packed into one file on disk that processes share."""
