"""Errors that a user can act on: each carries what went wrong and the cure.

The command line prints both without a traceback; Airflow shows them in the task log.
"""


class JintaError(Exception):
    """Base of all expected failures.

    Attributes:
        message: What went wrong, naming the file, table or setting concerned.
        cure: What the user can do about it.
        is_retryable: Whether trying again, unchanged, may help.
        exit_code: What the command line returns to the shell.
    """

    is_retryable = False
    exit_code = 1

    def __init__(self, message: str, cure: str = "") -> None:
        super().__init__(f"{message} {cure}".strip())
        self.message = message
        self.cure = cure

    def __reduce__(self) -> tuple[type["JintaError"], tuple[str, str]]:
        """Survive pickling: worker processes hand their errors back."""
        return (type(self), (self.message, self.cure))


class SettingsError(JintaError):
    """A setting in the environment is missing or makes no sense."""


class UsageError(JintaError):
    """A command was asked for something that makes no sense."""

    exit_code = 2


class WarehouseError(JintaError):
    """The warehouse can't be started, reached or prepared."""

    is_retryable = True


class LeaseHeld(JintaError):
    """Another run holds the warehouse's lease."""


class LeaseLost(JintaError):
    """The lease was taken over by another run while this one was working."""


class ContractError(JintaError):
    """The contract of the raw tables is broken or can't be read."""


class SourceError(JintaError):
    """A source can't be read, or is not what `sources.yml` says it is."""


class SourceUnavailable(SourceError):
    """A source system can't be reached just now."""

    is_retryable = True


class GateFailure(JintaError):
    """A gate found a critical defect: nothing is published."""


class RuleError(JintaError):
    """Rule rows are inconsistent, or a published version was changed."""


class TransformError(JintaError):
    """dbt could not build a stage."""


class PublishError(JintaError):
    """A candidate can't be published, or a publication not be rolled back."""
