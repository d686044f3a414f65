"""Every error that is raised on purpose, each with the exit code of the command line."""


class SynthgenError(Exception):
    """Base of all deliberate errors: the message says what was wrong, what was got, and what to do."""

    exit_code = 1


class RecipeError(SynthgenError):
    """The recipe cannot be used as written; nothing was made."""

    exit_code = 2


class UnknownName(RecipeError):
    """A plug-in, recipe, label or key of this name does not exist."""


class SourceError(SynthgenError):
    """The user's data cannot be read, or too much of it is unreadable."""

    exit_code = 3


class UnreadableItem(SynthgenError):
    """One source item cannot be used; it is quarantined with this reason and the run goes on."""

    exit_code = 3


class ModelError(SynthgenError):
    """A model folder or hub id cannot be loaded safely."""

    exit_code = 4


class DatasetError(SynthgenError):
    """A dataset, version or sample is missing or damaged."""

    exit_code = 5


class PublishError(SynthgenError):
    """The version could not be written; what was staged is kept and the next run goes on from it."""

    exit_code = 6


class OutdatedBase(PublishError):
    """Another run published the next version meanwhile; planned again on top of it, what is staged is found again."""


class BalanceError(SynthgenError):
    """Items or jobs got lost between stages: a bug, and the run is not published."""

    exit_code = 7


class AnswerError(SynthgenError):
    """A remote model cannot be asked: no key, no answer, or the budget is spent. What it answered is kept, and the next
    run goes on from there."""

    exit_code = 9


class ServerError(SynthgenError):
    """The Prefect server does not answer or refuses."""

    exit_code = 8
