"""One call of an operation: who asks what, and the collection and people that it is about."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpRequest

from faceweb.access.callers import Caller
from faceweb.collections.reach import NoSuchCollection, collection_named
from faceweb.intake import uploads
from faceweb.intake.sent_pictures import sent_picture
from faceweb.models import Collection
from faceweb.people.subjects import Subjects, subjects
from faceweb.rekognition.errors import Refusal, invalid, not_found
from faceweb.rekognition.members import Members
from foundation.collections import DEFAULT
from foundation.config import Settings

Answer = dict[str, object]

OF_STATUS = {413: "ImageTooLargeException", 415: "InvalidImageFormatException"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request whose caller is known, and whose members are checked."""

    request: HttpRequest
    caller: Caller
    members: Members
    settings: Settings

    def collection(self) -> Collection:
        """The collection that is asked about. Raises Refusal."""
        name = self.members["CollectionId"]
        try:
            return collection_named(self.caller.team, self.caller.bound, name)
        except NoSuchCollection:
            raise not_found(f"The collection id: {name} does not exist") from None

    def people(self, collection: Collection) -> Subjects:
        """The people of a collection, changed in the caller's name."""
        return subjects(self.settings, self.caller.name, collection.pk)

    @property
    def nowhere(self) -> str:
        """Where questions belong that are about no collection: others see them nowhere."""
        team = self.caller.team
        return self.caller.bound or (DEFAULT if team is None else f"team-{team}")

    def picture(self, member: str = "Image") -> uploads.Upload:
        """The picture that a member holds or names. Runs in a thread. Raises Refusal."""
        image = self.members[member]
        if ("Bytes" in image) == ("S3Object" in image):
            raise invalid(f"{member} has either Bytes or S3Object.")
        if "Bytes" in image:
            return self._checked(image["Bytes"])
        return self._checked(self._stored(image["S3Object"]))

    def _checked(self, content: bytes) -> uploads.Upload:
        try:
            uploads.refuse_while_paused()
            return uploads.checked_upload("picture", content, self.settings)
        except uploads.UploadRefused as refusal:
            name = OF_STATUS.get(refusal.status, "InvalidImageFormatException")
            raise Refusal(name, refusal.sentence) from None

    def _stored(self, wanted: Mapping[str, str]) -> bytes:
        bucket, key = wanted.get("Bucket", ""), wanted.get("Name", "")
        if wanted.get("Version"):
            raise invalid("Versions of objects are not taken here: leave Version out.")
        try:
            uploads.check_bucket(self.request, bucket, self.settings)
            content: bytes = sent_picture({"bucket": bucket, "key": key}, self.settings).read()
            return content
        except uploads.UploadRefused as refusal:
            name = OF_STATUS.get(refusal.status, "InvalidS3ObjectException")
            raise Refusal(name, refusal.sentence) from None
