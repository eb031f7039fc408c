"""Reads what somebody sent to `/scan-gaps`, as JSON or as a query string, and names every field that is wrong."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo

from shared.config.faults import faults_of
from shared.core.gaps import Kind
from shared.core.pipeline import Edge
from shared.core.requests import ScanRequest, Source
from shared.core.table import Policy
from shared.core.windows import FIRST_DATE, LAST_DATE, Window
from shared.errors import Fault, RequestInvalid

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def _date(value: object) -> object:
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            day = date.fromisoformat(value)
        except ValueError as error:
            raise ValueError(f"{value} is not in the calendar") from error
        if FIRST_DATE <= day <= LAST_DATE:
            return day
    raise ValueError("expected a date such as 2022-04-16")


def _names(value: object) -> object:
    """A query string says `tables=a,b`, JSON says `["a", "b"]`."""
    return [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value


def _known(name: str, info: ValidationInfo) -> str:
    edge: Edge = (info.context or {})["edge"]
    known = [table.name for table in edge.downstream.tables]
    if name not in known:
        raise ValueError(f"expected a table of phase {edge.downstream.phase}: {', '.join(known)}")
    return name


Day = Annotated[date, BeforeValidator(_date)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", defer_build=True)  # built on first use, not at import

    start_date: Day | None = None
    end_date: Day | None = None
    tables: Annotated[list[Annotated[str, AfterValidator(_known)]], BeforeValidator(_names), Field(min_length=1)] = []
    kinds: Annotated[list[Kind], BeforeValidator(_names), Field(min_length=1)] = []
    dry_run: bool = False
    force: bool = False
    ignore_gates: bool = False
    max_triggers: Annotated[int, Field(ge=0)] | None = None
    sweep: bool = False
    reason: Annotated[str, Field(max_length=500)] | None = None

    @property
    def by_person(self) -> bool:
        """The clock sends nothing but `sweep`; whoever says which dates, tables or kinds, or how, is a person."""
        return bool(self.start_date or self.tables or self.kinds or self.force or self.ignore_gates)


def body_schema(edge: Edge) -> dict[str, Any]:
    """Returns the JSON Schema of what `read_scan_request` takes for `edge`, as far as a schema can say it."""
    schema = _Body.model_json_schema(ref_template="#/components/schemas/{model}")
    schema.pop("$defs", None)
    schema.pop("title")
    fields = schema["properties"]
    for field in fields.values():
        field.pop("title", None)
    fields["kinds"]["items"] = {"type": "string", "enum": [kind.value for kind in Kind]}
    fields["tables"]["items"] = {"type": "string", "enum": [table.name for table in edge.downstream.tables]}
    fields["max_triggers"]["anyOf"][0]["maximum"] = edge.downstream.policy.max_triggers_per_day
    return {"description": "All optional: nothing said is what Cloud Scheduler says.", **schema}


def read_scan_request(fields: Mapping[str, object], edge: Edge, today: date) -> ScanRequest:
    """Returns the request that `fields` make of `edge`; a range without an end goes up to `today`.

    Raises:
        RequestInvalid: fields are wrong, unknown, or do not go together; all of them are named.
    """
    policy = edge.downstream.policy
    try:
        body = _Body.model_validate(dict(fields), context={"edge": edge})
    except ValidationError as error:
        wrong = {item["loc"][0] for item in error.errors()}
        rest = _Body.model_validate({k: v for k, v in fields.items() if k not in wrong}, context={"edge": edge})
        further = [fault for fault in _incoherences(rest, policy, today) if fault.path not in wrong]
        raise RequestInvalid([*faults_of(error), *further]) from error
    if faults := _incoherences(body, policy, today):
        raise RequestInvalid(faults)
    return ScanRequest(
        source=Source.MANUAL if body.by_person else Source.SCAN,
        window=Window.inclusive(body.start_date, body.end_date or today) if body.start_date else None,
        tables=tuple(dict.fromkeys(body.tables)),
        kinds=frozenset(body.kinds),
        dry_run=body.dry_run,
        force=body.force,
        ignore_gates=body.ignore_gates,
        max_triggers=body.max_triggers,
        sweep=body.sweep,
        reason=body.reason,
    )


def _incoherences(body: _Body, policy: Policy, today: date) -> list[Fault]:
    faults = []
    if body.start_date is None and body.end_date is not None:
        faults.append(Fault("start_date", "expected beside end_date"))
    if body.start_date is not None:
        end = body.end_date or today
        if end < body.start_date:
            faults.append(Fault("end_date", f"expected not before start_date ({body.start_date})"))
        elif (end - body.start_date).days >= policy.max_days_per_request:
            faults.append(Fault("end_date", f"expected at most {policy.max_days_per_request} days from start_date"))
        if body.sweep:
            faults.append(Fault("sweep", "expected without a range: a sweep has its own"))
    if body.max_triggers is not None and body.max_triggers > policy.max_triggers_per_day:
        faults.append(Fault("max_triggers", f"expected at most {policy.max_triggers_per_day}, which go out in a day"))
    if body.ignore_gates and not body.force:
        faults.append(Fault("ignore_gates", "expected only together with force"))
    return faults
