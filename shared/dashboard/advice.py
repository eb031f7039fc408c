"""What to do about what cannot be shown: by the error, for whoever looks at a page."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.errors import (
    AnswerUnreadable,
    CalendarEmpty,
    DashboardBusy,
    GapHealerError,
    PipelineInvalid,
    QuestionTooExpensive,
    RequestInvalid,
    SettingsInvalid,
    SourceMissing,
    WarehouseUnavailable,
)


@dataclass(frozen=True)
class Advice:
    """Something to do, and the command for it, if there is one."""

    text: str
    command: str | None = None


_BY_ERROR: Mapping[type[GapHealerError], tuple[Advice, ...]] = {
    RequestInvalid: (Advice("Mend the address, or begin again from the overview."),),
    WarehouseUnavailable: (
        Advice("Load this page again in half a minute. No completion is lost meanwhile: it is delivered again."),
        Advice("If that does not help, see whether BigQuery answers you:", "gaphealer status"),
    ),
    SourceMissing: (
        Advice("See which table, column or SQL it is:", "gaphealer validate --live"),
        Advice("If it is the healer's own ledger that is missing, make it:", "gaphealer init"),
    ),
    DashboardBusy: (Advice("Load this page again in half a minute."),),
    QuestionTooExpensive: (Advice("Ask for fewer dates or tables."),),
    CalendarEmpty: (
        Advice("Choose dates that the calendar knows."),
        Advice("If it should know these, fill it; until then scans of them stop as well:", "gaphealer validate --live"),
    ),
    AnswerUnreadable: (Advice("Tell the maintainers; the log has what the warehouse answered."),),
    SettingsInvalid: (Advice("Whoever deploys this sets the variables above, and starts it again."),),
    PipelineInvalid: (Advice("Mend pipeline.yaml; this names every fault of it:", "gaphealer validate"),),
}


def advice_on(error: GapHealerError) -> tuple[Advice, ...]:
    """Returns what to do about `error`; nothing where only the log knows."""
    return next((advice for kind, advice in _BY_ERROR.items() if isinstance(error, kind)), ())
