"""The orchestrator of one edge: two verbs, one path.

    on_completion   a processor said it is done   ->  look at its dates
    scan_gaps       the clock or a person asks    ->  look at a window

Both ask the warehouse which slices are missing, let `decide` say what to do about each, publish, write
the ledger, and alert, in this order; orders of what is too old for a scan are written before they are published. A
crash between any two steps leaves only a repeat with the same keys; what was published is recorded before an error
goes up, and an error always goes up.
"""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from shared.alerting import send_alert, tell_escalations, tell_report
from shared.core import triggers
from shared.core.bookkeeping import Scribe
from shared.core.completions import Completion
from shared.core.decision import decide, must_be_known_first
from shared.core.gaps import Answer, SliceId
from shared.core.ledger import Event
from shared.core.pipeline import Edge, Pipeline
from shared.core.plan import Plan, Trigger
from shared.core.report import ScanReport
from shared.core.requests import FailureReport, ScanRequest, Source
from shared.core.windows import Window, clusters, local_date, spelled
from shared.errors import CalendarEmpty, PublishFailed, QuestionTooExpensive, WarehouseError
from shared.line import Line
from shared.ports import Alerts, Clock, Fence, Message, Publisher, Warehouse, unfenced
from shared.survey import CLUSTER_DAYS, Survey, Visits

REACH_DAYS = 31  # completions of dates further apart are asked for separately


@dataclass(frozen=True)
class Orchestrator:
    """Everything one edge needs. It remembers nothing that matters, so that any instance can take the next request."""

    pipeline: Pipeline
    edge: Edge
    warehouse: Warehouse
    publisher: Publisher
    clock: Clock
    alerts: Alerts | None = None
    line: Line = field(default_factory=Line)
    visits: Visits = field(default_factory=Visits)

    def on_completion(self, completions: Iterable[Completion], fence: Fence = unfenced) -> list[ScanReport]:
        """Looks at every date of `completions`, and returns a report for each look that took.

        Many completions at once cost as many questions as there are stretches of time they speak of. When they end what
        was in flight, what waits for a place is looked at as well: the next date goes out now, not with the next scan.
        """
        known = list(completions)
        today = local_date(self.clock(), self.pipeline.zone)
        behind = frozenset(slice_ for completion in known for slice_ in self._behind(completion, today))
        own = {day for completion in known for day in completion.window}
        failures = frozenset(failure for completion in known for failure in self._failures(completion))
        correlations = {c.correlation_id for c in known if c.correlation_id}
        windows = [Window.around(days) for days in clusters(own | {slice_.date for slice_ in behind}, REACH_DAYS)]
        requests = [
            ScanRequest(
                source=Source.EVENT,
                window=window,
                dates=tuple(sorted(day for day in own if day in window)),
                behind=frozenset(slice_ for slice_ in behind if slice_.date in window),
                failures=failures,
                correlation_id=correlations.copy().pop() if len(correlations) == 1 else None,
            )
            for window in windows
        ]
        reports, errors = self._each(requests, fence)
        if reports and (self.line.is_owed or failures or any(report.closed for report in reports)):
            reports += self._next_in_line(reports[-1], fence)
        if errors:
            raise errors[0]
        return reports

    def scan_gaps(self, request: ScanRequest, fence: Fence = unfenced) -> ScanReport:
        """Looks for gaps as `request` says, does about them what can be done now, and reports it.

        Raises:
            WarehouseError: a question could not be answered, or the ledger not be written.
            PublishFailed: a trigger did not go out; those that did are in the ledger.
        """
        return self._heal(request, fence)

    def _heal(self, request: ScanRequest, fence: Fence) -> ScanReport:
        began = self.clock()
        window = request.window_on(local_date(began, self.pipeline.zone), self.edge.downstream.policy)
        scan_id = uuid.uuid4().hex
        answer, now = self._look(request, window, began, fence)
        scribe = Scribe(self.pipeline, self.edge, request, scan_id, now)
        answer, news = scribe.catch_up(answer)
        answer, orders = scribe.take_orders(answer)
        plan = decide(answer, pipeline=self.pipeline, edge=self.edge, request=request, now=now)
        report = ScanReport.of(scan_id, self.edge.name, window, plan, answer, dry_run=request.dry_run)
        if not request.dry_run:
            seen = [*news, *orders, *scribe.before_publish(plan, answer.closed)]
            if must_be_known_first(plan, pipeline=self.pipeline, request=request, now=now):
                fence.before_question()
                self.warehouse.record(seen)
                seen = []
            if plan.triggers:
                fence.before_publish()
            else:
                fence.before_question()
            tell_escalations(plan, scribe)
            report = replace(report, message_ids=self._act(plan, seen, request, scribe))
            if told := send_alert(self.alerts, plan, scribe, fence):
                self.warehouse.record(told)
        self.line.note(report, request)
        tell_report(report, scribe, began, self.clock())
        return report

    def _look(self, request: ScanRequest, window: Window, began: datetime, fence: Fence) -> tuple[Answer, datetime]:
        """Returns what `request` concerns in `window`, and since when nobody else has worked on the edge."""
        self.visits.note(request.asked_dates)
        survey = Survey(self.warehouse, self.edge, request, began, fence)
        with self.visits.watched() as visited:
            answer = survey.gaps(window)
        if not visited:
            return answer, began
        now = self.clock()
        return survey.again(answer, window, visited, now), now

    def _each(self, requests: Iterable[ScanRequest], fence: Fence) -> tuple[list[ScanReport], list[WarehouseError]]:
        """Does all that is asked; a stretch of time that nobody can look at keeps no other from being healed."""
        reports: list[ScanReport] = []
        errors: list[WarehouseError] = []
        for request in requests:
            try:
                reports.append(self._heal(request, fence))
            except (CalendarEmpty, QuestionTooExpensive) as error:
                errors.append(error)
        return reports, errors

    def _next_in_line(self, last: ScanReport, fence: Fence) -> list[ScanReport]:
        """Looks at the dates that stand in line after `last`, oldest first, until every place is taken.

        A stretch of time that nobody can look at leaves the line; the next scan says why.
        """
        self.line.is_owed = True
        reports = [last]
        for days in clusters(self.line.dates(last), CLUSTER_DAYS):
            if len(reports[-1].plan.in_flight) >= self.edge.downstream.policy.max_in_flight:
                break
            found, errors = self._each([ScanRequest(window=Window.around(days), dates=tuple(days))], fence)
            reports += found
            if errors:
                self.line.leave(days)
        self.line.is_owed = False
        return reports[1:]

    def _act(self, plan: Plan, seen: list[Event], request: ScanRequest, scribe: Scribe) -> tuple[tuple[str, str], ...]:
        """Publishes the plan's triggers and writes the ledger; returns trigger id and message id of each."""
        messages = [self._message(trigger, request, scribe) for trigger in plan.triggers]
        failure: PublishFailed | None = None
        try:
            published = dict(enumerate(self.publisher.publish(self.edge.trigger_topic, messages)))
        except PublishFailed as error:
            failure, published = error, error.published
        sent = [event for position in published for event in scribe.published(plan.triggers[position])]
        if seen or sent:
            self.warehouse.record([*seen, *sent])
        if failure is not None:
            lost = {trigger.date for position, trigger in enumerate(plan.triggers) if position not in published}
            raise PublishFailed(f"{failure}; not sent: {spelled(lost)}", published=published) from failure
        return tuple((plan.triggers[position].id, message_id) for position, message_id in published.items())

    def _message(self, trigger: Trigger, request: ScanRequest, scribe: Scribe) -> Message:
        data = triggers.body(
            trigger,
            pipeline=self.pipeline,
            edge=self.edge,
            source=request.source,
            correlation_id=request.correlation_id or scribe.scan_id,
            now=scribe.now,
        )
        return Message(data, triggers.attributes(trigger, edge=self.edge, source=request.source))

    def _behind(self, completion: Completion, today: date) -> Iterator[SliceId]:
        """Yields what looks back at the dates of `completion`; a name nobody knows may be that of any table."""
        named = [table.name for table in self.pipeline.tables.values() if completion.is_about(table)]
        for table, reach in self.edge.looking_back(named or self.pipeline.tables).items():
            later = Window(completion.window.start + timedelta(days=1), completion.window.stop + timedelta(days=reach))
            yield from (SliceId(day, table) for day in later if day <= today)

    def _failures(self, completion: Completion) -> Iterator[FailureReport]:
        if not completion.came_to_nothing:
            return
        for table in self.edge.downstream.tables:
            if completion.is_about(table):
                said = completion.status.value, completion.published_at
                yield from (FailureReport(table.name, day, *said) for day in completion.window)
