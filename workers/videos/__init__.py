"""The steps of a video: split into frames, recognise each, write the result."""
