"""Amazon Rekognition's API for faces, over the same people, pictures and workers."""
