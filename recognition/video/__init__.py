"""Video -> frames, and the faces of frames -> who is seen when. Only here is PyAV (FFmpeg) used."""
