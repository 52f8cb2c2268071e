"""The two Lambda functions: a video into frames, and frames into names. No Django, no Celery."""
