"""The Lambda functions, without Django and Celery.

They turn a video into frames, frames into names, and pictures of the request queue into answers.
"""
