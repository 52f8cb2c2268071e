"""Files as bytes: what their headers say, and what is left of them without metadata. No decoding.

Each module reads one format. `read` says what a picture costs to decode, and `bare` gives a file
that holds the picture alone: EXIF, profiles and comments never reach a decoder, so none of them
can spoil a picture or cost memory.
"""
