"""What the web tier remembers."""

from faceweb.models.access import ApiKey, ApiKeyUsage, IdempotentAnswer
from faceweb.models.batches import Batch, BatchPicture
from faceweb.models.changes import Change, ChangeKind
from faceweb.models.collections import Collection, Member, Role, Team
from faceweb.models.faces import DismissedFace, Face, FaceSource, Likely, of_collection
from faceweb.models.jobs import (
    OPEN_STATES,
    DeadLetter,
    Job,
    JobKind,
    JobState,
    PictureName,
    has_ended,
)
from faceweb.models.people import (
    Bookmark,
    ExamplePicture,
    ExpectedPerson,
    IndexedFace,
    Lease,
    Subject,
)
from faceweb.models.privacy import AuditEntry, Erasure, ErasureState
from faceweb.models.uploads import PendingUpload
from faceweb.models.videos import OPEN_VIDEO_STATES, Video, VideoRemains, VideoState
from faceweb.models.webhooks import Webhook
