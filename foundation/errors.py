"""What can go wrong in the app tier, one class for each."""


class WorkerError(Exception):
    """Base of all errors of the app tier."""


class MalformedMessage(WorkerError):
    """A message does not have the shape of `foundation.messages`; the text says where."""


class ComesAgain(WorkerError):
    """This attempt at a task says nothing: its message stays on the queue and comes again."""


class ResponseNotSent(ComesAgain):
    """The response queue did not take a result, so its task must not be acknowledged."""


class TookTooLong(WorkerError):
    """A task took longer than its time limit."""


class ObjectMissing(WorkerError):
    """An object that a task names is not in its bucket."""


class NameTaken(WorkerError):
    """An object of that name exists already and holds something else."""


class WrongBackEnd(WorkerError):
    """A video asks for a back end that does not know of it."""


UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
"""The errors of reading JSON from outside."""
