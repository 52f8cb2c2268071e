"""A client of elastic face recognition: pictures in, names out."""

from faces_client.client import AsyncClient, Client
from faces_client.errors import ApiError, NotAnswered, NotFound, Unreachable
from faces_client.models import (
    Batch,
    Candidate,
    Comparison,
    Erased,
    Example,
    Face,
    Job,
    Learned,
    Person,
    Pose,
    Seen,
    Upload,
    Video,
)
from faces_client.webhooks import WebhookRefused, verified_webhook

__all__ = [
    "ApiError",
    "AsyncClient",
    "Batch",
    "Candidate",
    "Client",
    "Comparison",
    "Erased",
    "Example",
    "Face",
    "Job",
    "Learned",
    "NotAnswered",
    "NotFound",
    "Person",
    "Pose",
    "Seen",
    "Unreachable",
    "Upload",
    "Video",
    "WebhookRefused",
    "verified_webhook",
]
