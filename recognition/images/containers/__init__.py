"""Files as bytes: what their headers say, and what is left of them without metadata. No decoding.

Each module reads one format. `read` says what a picture costs to decode. `bare` gives a file that
holds the picture alone. So EXIF, profiles and comments never reach a decoder, and none of them can
spoil a picture or cost memory.
"""
