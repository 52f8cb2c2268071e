"""Examples: pictures of people become what the gallery knows."""
