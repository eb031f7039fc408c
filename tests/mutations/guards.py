"""The guards, each with a way to take it out, and the tests that must fail then.

A mutation is an exact replacement of source text. If the text is no longer there, or stands there twice, that is an
error and no success: somebody has moved the guard, and has to say here where it is now.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

CAPS, DECISION, SCRIBE = "shared/core/caps.py", "shared/core/decision.py", "shared/core/bookkeeping.py"
ORCHESTRATOR, TENURE = "shared/orchestrator.py", "shared/tenure.py"

UNIT = "tests/unit"
TEST_CAPS, TEST_DECISION = f"{UNIT}/core/test_caps.py", f"{UNIT}/core/test_decision.py"
TEST_ORCHESTRATOR = f"{UNIT}/orchestrator/test_orchestrator.py"
TEST_FORGOTTEN = f"{UNIT}/orchestrator/test_nothing_is_forgotten.py"
TEST_SERVICE, TEST_TENURE = f"{UNIT}/service/test_service.py", f"{UNIT}/tenure/test_tenure.py"


class GuardMoved(Exception):
    """The text of a guard is not where it was, or not there only once."""


@dataclass(frozen=True)
class Guard:
    """What keeps one thing from going wrong: in `path`, `text`; without it there would be `without`.

    `tests` are pytest's names of those of which at least one must fail then.
    """

    name: str
    path: str
    text: str
    without: str
    tests: tuple[str, ...]

    def taken_out(self, root: Path) -> str:
        """Returns the source without the guard. Raises GuardMoved if it is not there exactly once."""
        source = (root / self.path).read_text()
        if (times := source.count(self.text)) != 1:
            raise GuardMoved(f"{self.name}: {self.path} has {times} times\n{self.text}")
        return source.replace(self.text, self.without)

    def missing_tests(self, root: Path) -> Iterator[str]:
        """Yields the tests that are not there."""
        for test in self.tests:
            path, _, function = test.partition("::")
            if f"def {function}(" not in (root / path).read_text():
                yield test


GUARDS = (
    Guard(
        "lease: who does not get it does not work",
        TENURE,
        "            if lease is not None:\n                return lease\n",
        '            return lease or Lease(self._edge, "nobody", 0)\n',
        (f"{TEST_TENURE}::test_edge__that_another_holds__is_busy__after_some_patience",),
    ),
    Guard(
        "lease: the database gives it to one only",
        "sql/lease_take.sql",
        "      AND other.expires_at > CURRENT_TIMESTAMP()\n  )",
        "      AND other.expires_at > CURRENT_TIMESTAMP()\n      AND FALSE\n  )",
        ("tests/contract/test_leases_contract.py::test_second__is_refused_while_the_first_holds",),
    ),
    Guard(
        "fence: asked before a publish",
        ORCHESTRATOR,
        "                fence.before_publish()\n            else:",
        "                fence.before_question()\n            else:",
        (f"{TEST_SERVICE}::test_scan__whose_lease_is_lost_by_the_databases_clock_alone__publishes_nothing",),
    ),
    Guard(
        "fence: the database confirms the lease",
        TENURE,
        "        self.tenure.confirm(self.lease)\n",
        "",
        (f"{TEST_TENURE}::test_lease__that_was_taken_away_early__is_noticed_before_publishing",),
    ),
    Guard(
        "fence: asked before an alert",
        "shared/alerting.py",
        "    fence.before_publish()\n",
        "",
        (f"{UNIT}/orchestrator/test_alerting.py::test_whoever_lost_the_edge__tells_nobody",),
    ),
    Guard(
        "deadline: no step after it",
        TENURE,
        "        self.deadline.before_publish()\n",
        "",
        (
            f"{TEST_SERVICE}::test_scan__whose_time_is_over_after_the_question__publishes_and_records_nothing",
            f"{TEST_TENURE}::test_deadline__stops_before_each_step",
        ),
    ),
    Guard(
        "readiness: nothing goes out before its upstream",
        DECISION,
        "if not gap.ready and not self.request.ignore_gates:",
        "if False:",
        (
            "tests/failures/test_healing_in_order.py::test_f31_nothing_is_sent_before_its_upstream_is_there_even_by_force",
        ),
    ),
    Guard(
        "readiness: what reads something that goes out waits for it",
        DECISION,
        "    if not request.ignore_gates:\n        behind",
        "    if False:\n        behind",
        (f"{UNIT}/core/test_decision_in_turn.py::test_waits__inside_a_phase_on_the_same_date",),
    ),
    Guard(
        "floor: rows for each key, in memory",
        "shared/core/judgement.py",
        "        return found.rows >= exactly(share.rows_per_key) * found.keys\n",
        "        return True\n",
        (
            "tests/failures/test_seeing_counts.py::test_f02_four_days_of_few_rows_per_game_are_found_among_309_and_nothing_else",
        ),
    ),
    Guard(
        "floor: rows for each key, in SQL",
        "sql/parts/judged.sql",
        "      AND slice_rows >= ROUND(gate_rows * slice_keys, 6)\n",
        "",
        ("tests/contract/test_gates_contract.py::test_gates_by_rows_for_each_key",),
    ),
    Guard(
        "cap: messages of one scan",
        CAPS,
        "if len(going) >= self.messages:",
        "if False:",
        ("tests/failures/test_healing_gently.py::test_f24_of_154_dates_that_could_go_only_as_many_go_as_may",),
    ),
    Guard(
        "cap: dates in flight",
        CAPS,
        "elif day not in busy and len(busy) >= self.dates:",
        "elif False:",
        (f"{TEST_ORCHESTRATOR}::test_max_in_flight__holds_across_scans_and_completions",),
    ),
    Guard(
        "canary: a large gap begins with a few dates",
        CAPS,
        "elif day not in busy and any(day in gap and len(busy & gap) >= self.canary for gap in self.unproven):",
        "elif False:",
        (f"{TEST_CAPS}::test_large_gap__starts_with_its_canary",),
    ),
    Guard(
        "breaker: when nothing heals only probes go out",
        CAPS,
        "    if track.is_broken(policy.breaker):\n",
        "    if False:\n",
        (f"{TEST_CAPS}::test_open_breaker__lets_one_probe_through__the_newest_of_those_tried_least",),
    ),
    Guard(
        "breaker: only the clock and people send a probe",
        CAPS,
        "1 if request.may_probe and not running else 0",
        "1 if not running else 0",
        (f"{TEST_CAPS}::test_open_breaker__is_probed_by_the_clock_and_by_people_only",),
    ),
    Guard(
        "cooldown: the rest between two attempts",
        DECISION,
        "return Held(gap, HoldReason.COOLDOWN, rested) if self.now < rested else None\n\n    def _by_unrest",
        "return None\n\n    def _by_unrest",
        (
            f"{TEST_ORCHESTRATOR}::test_reported_failure__frees_the_slice_into_its_cooldown",
            f"{TEST_DECISION}::test_holds_or_escalates__for_its_reason",
        ),
    ),
    Guard(
        "cooldown: what is rewritten all the time is not rebuilt as often",
        DECISION,
        "return Held(gap, HoldReason.COOLDOWN, rested) if restless else None",
        "return None",
        (
            f"{UNIT}/core/test_decision_in_turn.py::test_stale_again__within_the_cooldown__rests_if_only_a_scan_found_it",
        ),
    ),
    Guard(
        "in flight: an attempt at work is left alone",
        DECISION,
        "        if self.running(gap):\n",
        "        if False:\n",
        (f"{TEST_DECISION}::test_holds_or_escalates__for_its_reason",),
    ),
    Guard(
        "attempts: they end",
        DECISION,
        "if history.attempts >= policy.max_attempts and not gap.changed:",
        "if False:",
        (
            "tests/failures/test_healing_ends.py::test_f20_a_march_date_looked_at_eight_times_a_day_until_july_is_tried_five_times",
        ),
    ),
    Guard(
        "age limit: what is old and nobody asked for is left to people",
        DECISION,
        "        if asked_for or not _is_too_old(",
        "        if True or not _is_too_old(",
        (f"{TEST_ORCHESTRATOR}::test_old_gap_nobody_ordered__is_escalated_once__and_a_completion_still_heals_it",),
    ),
    Guard(
        "settle: a fresh date is left to the live path",
        DECISION,
        "if gap.slice.date <= self.unsettled_after or _is_ordered(gap):",
        "if True:",
        ("tests/failures/test_seeing_in_time.py::test_f13_a_date_is_due_six_hours_after_it_ended_where_it_is_played",),
    ),
    Guard(
        "waiver: what an operator gave up is left alone",
        DECISION,
        "if gap.history.waived and not gap.changed:",
        "if False:",
        ("tests/failures/test_seeing_values.py::test_f06_a_waived_placeholder_is_left_alone_even_by_force",),
    ),
    Guard(
        "heal: manual: only a person who names it",
        DECISION,
        "        if heal is Heal.AUTO:\n",
        "        if True:\n",
        ("tests/failures/test_healing_that_does_not_heal.py::test_f32_published_outputs_are_rewritten_by_no_door",),
    ),
    Guard(
        "generation: a gap that opens again has another key",
        DECISION,
        "generation = history.generation if history.open else history.generation + 1",
        "generation = history.generation or 1",
        ("tests/failures/test_healing_that_does_not_heal.py::test_f34_a_key_changes_exactly_when_a_new_run_is_wanted",),
    ),
    Guard(
        "key: it changes with the attempt",
        "shared/core/keys.py",
        "day.isoformat(), generation, attempt)",
        "day.isoformat(), generation)",
        (f"{TEST_DECISION}::test_keys__change_with_the_attempt_and_with_nothing_else",),
    ),
    Guard(
        "escalate once: for each generation",
        SCRIBE,
        "            if escalated.news:\n",
        "            if True:\n",
        (f"{TEST_ORCHESTRATOR}::test_attempts__end_in_one_escalation",),
    ),
    Guard(
        "alert once: for each generation",
        "shared/alerting.py",
        "if escalated.news or not escalated.alerted]",
        "]",
        (f"{UNIT}/orchestrator/test_alerting.py::test_generation__is_alerted_once__over_many_scans",),
    ),
    Guard(
        "order: a completion leaves one for what it cannot send",
        SCRIBE,
        "if may_be_ordered and self.request.is_order and",
        "if False and",
        (f"{TEST_ORCHESTRATOR}::test_order__outlives_its_scan__and_the_lookback",),
    ),
    Guard(
        "force: an attempt at work keeps its place",
        SCRIBE,
        "self.request.force and spent and not at_work",
        "self.request.force and spent",
        (f"{TEST_ORCHESTRATOR}::test_force__on_an_attempt_at_work__leaves_it_its_place",),
    ),
    Guard(
        "force: what finds no place is not forgotten",
        SCRIBE,
        "return allowed and (looks_past or ",
        "return allowed and (",
        (f"{TEST_ORCHESTRATOR}::test_force__on_what_was_tried_to_the_end_and_finds_no_place__is_not_forgotten",),
    ),
    Guard(
        "failure report: an old one is of another attempt",
        SCRIBE,
        "return None if said is not None and said < history.last_triggered_at - SKEW else failure",
        "return failure",
        (f"{TEST_FORGOTTEN}::test_failure_that_was_said_before_an_attempt__is_not_of_it",),
    ),
    Guard(
        "publish: awaited, every message",
        "shared/gcp/publisher.py",
        "        if failures := sending.failures:\n",
        "        if failures := {}:\n",
        (
            f"{UNIT}/gcp/test_publisher.py::test_message__that_the_service_refuses__fails_alone_and_no_neighbour_goes_out_twice",
        ),
    ),
    Guard(
        "publish: only what went out is recorded",
        ORCHESTRATOR,
        "for position in published for event",
        "for position in range(len(messages)) for event",
        (f"{TEST_ORCHESTRATOR}::test_partly_published__records_exactly_what_went_out__and_raises",),
    ),
    Guard(
        "publish: a failure goes up",
        ORCHESTRATOR,
        "        if failure is not None:\n",
        "        if False:\n",
        (f"{TEST_ORCHESTRATOR}::test_partly_published__records_exactly_what_went_out__and_raises",),
    ),
    Guard(
        "error, not empty: an answer without a row",
        "shared/gcp/rows.py",
        '        raise AnswerUnreadable(f"the question about {question.edge.name} was answered without a row")\n',
        '        rows = [{"table_name": None, "calendar_dates": 1, "slices_unknown": 0}]\n',
        ("tests/failures/test_seeing_errors.py::test_f08_an_answer_without_its_row_is_not_taken_for_good_news",),
    ),
    Guard(
        "error, not empty: a part of a question that fails",
        "shared/survey.py",
        "            if window.days <= LEAST_DAYS:\n                raise\n",
        "            if window.days <= LEAST_DAYS:\n                return\n",
        (f"{UNIT}/orchestrator/test_survey.py::test_question_that_stays_too_expensive__is_an_error",),
    ),
    Guard(
        "error, not empty: a calendar without dates",
        "shared/survey.py",
        "        if self.request.source is not Source.EVENT and not any(answer.has_dates for _, answer in asked):\n",
        "        if False:\n",
        (f"{UNIT}/orchestrator/test_survey.py::test_calendar_without_any_date__is_an_error",),
    ),
    Guard(
        "error, not empty: nobody catches what the warehouse says",
        ORCHESTRATOR,
        "            except (CalendarEmpty, QuestionTooExpensive) as error:\n                errors.append(error)\n",
        "            except WarehouseError:\n                pass\n",
        (f"{TEST_FORGOTTEN}::test_completion_of_a_date_nobody_knows__keeps_no_other_of_its_group_waiting",),
    ),
    Guard(
        "quarantine: what nobody can read is kept",
        "shared/entrypoint.py",
        "    orchestrator.warehouse.quarantine(\n",
        "    str(\n",
        (f"{UNIT}/doors/test_doors.py::test_push__that_nobody_can_read__is_kept_and_204",),
    ),
    Guard(
        "dry run: it changes nothing",
        ORCHESTRATOR,
        "        if not request.dry_run:\n",
        "        if True:\n",
        (f"{TEST_ORCHESTRATOR}::test_dry_run__changes_nothing",),
    ),
    Guard(
        "sweep: it looks again where others worked meanwhile",
        ORCHESTRATOR,
        "        if not visited:\n",
        "        if True:\n",
        (
            f"{UNIT}/service/test_sweep_gives_way.py::test_sweep__sends_nothing_again_that_a_completion_has_sent_meanwhile",
        ),
    ),
)
