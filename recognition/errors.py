"""What can go wrong in the recogniser, one class for each.

The message is a sentence for people: what was wrong with which value, and what to do.
"""


def in_words(error: Exception) -> str:
    """An error's sentence. One of the operating system names the file, and has no number."""
    if isinstance(error, OSError) and error.filename and error.strerror:
        return f"{error.filename}: {error.strerror}"
    return str(error)


class RecognitionError(Exception):
    """Base of all errors of the recogniser."""


class PictureError(RecognitionError):
    """The picture can't be used; the message is for its sender."""


class EmptyPicture(PictureError):
    """No bytes, or no pixels."""


class NotAPicture(PictureError):
    """The bytes are no picture at all."""


class UnsupportedFormat(PictureError):
    """A picture, but of a format that is not taken."""


class TruncatedPicture(PictureError):
    """The picture ends early, or is damaged inside."""


class PictureTooLarge(PictureError):
    """More bytes or more pixels than the limits allow."""


class ModelError(RecognitionError):
    """A model can't be used."""


class UnknownModel(ModelError):
    """A model of that name is not known."""


class WrongModelFile(ModelError):
    """A TOML file does not describe a model."""


class WeightsMissing(ModelError):
    """A model's weights are neither here nor to be had."""


class WeightsCorrupt(ModelError):
    """A file of weights is not what it should be."""


class TorchFileInvalid(ModelError):
    """A file is none that `torch.save` wrote, or holds more than tensors and their names."""


class ExportMissing(ModelError):
    """A net is not there as an ONNX file, and can't be made here."""


class ModelFileCorrupt(ModelError):
    """An exported net is damaged, or is not the file that was exported."""


class BrokenModel(ModelError):
    """A model computes something that can't be an embedding."""


class RuntimeUnavailable(ModelError):
    """A library that a setting asks for is not installed."""


class EngineUnavailable(RuntimeUnavailable):
    """The recogniser's own compiled kernels can't run on this machine, or not be made."""


class GalleryError(RecognitionError):
    """The gallery can't be used."""


class GalleryCorrupt(GalleryError):
    """A file of the gallery is damaged or missing."""


class GalleryChanged(GalleryError):
    """Somebody else changed the gallery meanwhile."""


class GalleryModelMismatch(GalleryError):
    """The gallery was made by another model than the one that is to use it."""


class NotAnEmbedding(GalleryCorrupt):
    """An embedding holds values that are no numbers."""


class NothingToEnrol(GalleryError):
    """A person has no picture that could be used."""


class NameRefused(GalleryError):
    """A text that can't be a person's name."""


class GalleryEmpty(GalleryError):
    """Nobody is enrolled."""
