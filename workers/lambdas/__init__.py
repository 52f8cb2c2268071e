"""The Lambda functions: a video into frames, frames into names, and pictures of the request queue
into answers. No Django, no Celery."""
