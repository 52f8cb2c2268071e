"""The program of an app instance on EC2, and what fetches settings. No Django: the image has none
of it running where pictures are recognised."""
