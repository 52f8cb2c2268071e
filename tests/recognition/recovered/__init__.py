"""InceptionResnetV1 with trained weights, recovered from a public 8-bit file. Tests only."""
