"""Every error of the gap healer: one family, each saying who must act and whether trying again helps.

    GapHealerError
    ├── PipelineInvalid        the owner of pipeline.yaml       trying again does not help
    ├── PipelineUnfit          whoever owns what it names       helps once that is mended
    ├── SettingsInvalid        whoever deploys the function     trying again does not help
    ├── RequestInvalid         the caller of a door             trying again does not help
    ├── BodyTooLarge           the caller of a door             trying again does not help
    ├── BodyOfOtherType        the caller of a door             trying again does not help
    ├── CallerUnknown          the caller, or who deployed it   trying again does not help
    ├── CallerRefused          whoever grants access            helps once that is granted
    ├── CallerUnverifiable     nobody                           trying again helps
    ├── MessageUnreadable      the publisher of the message     trying again does not help (quarantined)
    ├── ScanInProgress         nobody                           trying again helps, a little later
    ├── EdgeBusy               nobody                           trying again helps, a little later
    ├── LeaseLost              nobody                           trying again helps
    ├── DeadlineExceeded       nobody                           trying again helps
    ├── DashboardBusy          nobody                           trying again helps, a little later
    ├── PublishFailed          nobody, or the topic's owner     trying again helps
    ├── AlertFailed            nobody, or the webhook's owner   trying again helps (the next scan does)
    ├── DoorUnavailable        nobody, or who deployed it       trying again helps
    ├── AccessRefused          whoever grants access            helps once that is granted
    ├── SchedulerUnavailable   nobody                           trying again helps
    ├── SchedulerRefused       whoever owns the job             helps once the job, or the right to it, is there
    ├── PubsubRefused          the owner of what it names       helps once that is mended
    │   ├── PubsubMissing          who made the subscriptions   helps once it is there
    │   └── PubsubUnavailable      nobody                       trying again helps
    └── WarehouseError
        ├── WarehouseUnavailable   nobody                       trying again helps
        ├── WriteConflict          nobody                       trying again helps
        ├── QuestionTooExpensive   the owner of pipeline.yaml   trying again does not help
        ├── SourceMissing          the owner of the table       helps once the table is back
        ├── AnswerUnreadable       the maintainers              helps if it was a passing fault
        └── CalendarEmpty          the owner of the calendar    helps once the calendar is filled

"Nothing is missing", "already triggered" and "too old" are outcomes, not errors. An error never becomes
an empty list: whoever cannot answer raises, and the door turns that into a status.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


class GapHealerError(Exception):
    """Root of the family; its message may be shown to the person who must act."""


@dataclass(frozen=True)
class Fault:
    """One thing wrong at one place: `path` says where (`phases[1].tables[0].key`), `message` what was expected."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"

    def as_json(self) -> dict[str, str]:
        """Returns it as JSON-ready values."""
        return {"path": self.path, "message": self.message}


class Faulty(GapHealerError):
    """Something a person wrote is wrong; carries every fault at once, never only the first."""

    title = "is not valid"

    def __init__(self, faults: Sequence[Fault], *, source: str = "") -> None:
        self.faults = tuple(faults)
        self.source = source
        super().__init__("\n".join([f"{source} {self.title}".strip(), *map(str, self.faults)]))


class PipelineInvalid(Faulty):
    """pipeline.yaml cannot be used as it stands."""

    title = "is not a valid pipeline"


class PipelineUnfit(Faulty):
    """pipeline.yaml names what is not there, or is not what it says."""

    title = "does not fit what is there"


class SettingsInvalid(Faulty):
    """The environment of this process is incomplete or odd."""

    title = "the environment is not valid"


class RequestInvalid(Faulty):
    """A request to one of the doors has wrong fields."""

    title = "the request is not valid"


class BodyTooLarge(GapHealerError):
    """The body of a request is larger than is taken here: 64 KiB at /scan-gaps."""


class BodyOfOtherType(GapHealerError):
    """The body of a request is not said to be JSON: expected Content-Type: application/json."""


class CallerUnknown(GapHealerError):
    """Nobody whose word can be checked stands behind this request."""


class CallerRefused(Faulty):
    """Whoever stands behind this request may not ask for it here."""

    title = "may not ask for this"


class CallerUnverifiable(GapHealerError):
    """It cannot be checked at this moment who stands behind this request."""


class MessageUnreadable(GapHealerError):
    """A pushed message is not a completion anybody could read; it belongs into the quarantine."""


class ScanInProgress(GapHealerError):
    """Another scan works on this edge; a second one would only ask the same question."""


class EdgeBusy(GapHealerError):
    """Another instance works on this edge, and went on longer than this request can wait."""


class LeaseLost(GapHealerError):
    """Another instance may have taken this edge over; what was decided before is not carried out."""


class DeadlineExceeded(GapHealerError):
    """The time this request had is over; nothing more is done in its name."""


class DashboardBusy(GapHealerError):
    """So many pages are being asked for at this moment that no other one is begun."""


class PublishFailed(GapHealerError):
    """Some messages of a batch were not accepted by Pub/Sub.

    `published` maps the position of each accepted message to its message id, so that what did go out can be
    recorded before the error goes up.
    """

    def __init__(self, message: str, *, published: Mapping[int, str] | None = None) -> None:
        self.published = dict(published or {})
        super().__init__(message)


class AlertFailed(GapHealerError):
    """The webhook did not take a message, or it is too soon for another one; its message never holds the URL."""


class DoorUnavailable(GapHealerError):
    """The function of an edge did not answer, or not as one does."""


class AccessRefused(GapHealerError):
    """A door was not opened to this identity, or there was none to show."""


class SchedulerUnavailable(GapHealerError):
    """Cloud Scheduler did not answer in time, or refused for a passing reason."""


class SchedulerRefused(GapHealerError):
    """Cloud Scheduler does not do what was asked: no such job or region, no right to it, or not in this state."""


class PubsubRefused(GapHealerError):
    """Pub/Sub did not do what was asked of it; the message says what and why."""


class PubsubMissing(PubsubRefused):
    """The topic or subscription is not there."""


class PubsubUnavailable(PubsubRefused):
    """Pub/Sub did not answer in time, or refused for a passing reason."""


class WarehouseError(GapHealerError):
    """A question could not be answered, or a fact not recorded."""


class WarehouseUnavailable(WarehouseError):
    """The warehouse did not answer in time, or refused for a passing reason."""


class WriteConflict(WarehouseError):
    """Others changed the same rows of the warehouse at the same moment."""


class QuestionTooExpensive(WarehouseError):
    """The question would have billed more bytes than is allowed, or needed more than BigQuery gives one query."""


class SourceMissing(WarehouseError):
    """A dataset, table or column that pipeline.yaml names is not there or may not be read, or SQL in it is refused."""


class AnswerUnreadable(WarehouseError):
    """The warehouse answered, but not in the shape the question asks for."""


class CalendarEmpty(WarehouseError):
    """The calendar knows no date near the window: no expectation can be trusted, so nothing is decided."""


_HELPS = frozenset(
    {
        ScanInProgress,
        CallerUnverifiable,
        EdgeBusy,
        LeaseLost,
        DoorUnavailable,
        DeadlineExceeded,
        DashboardBusy,
        PublishFailed,
        AlertFailed,
        SchedulerUnavailable,
        PubsubUnavailable,
        WarehouseUnavailable,
        WriteConflict,
    }
)


def helps_to_try_again(error: GapHealerError) -> bool:
    """Says whether the same request may succeed a little later, though nobody has mended anything."""
    return type(error) in _HELPS
