"""Pixels -> faces -> identities. Knows no Django, no Celery and no AWS."""
