"""Turns the text of a `pipeline.yaml` into a `Pipeline`, or into the list of everything that is wrong with it."""

from pathlib import Path

import yaml
from pydantic import ValidationError

from shared.config.coherence import incoherences
from shared.config.faults import faults_of
from shared.config.salvage import further_faults
from shared.config.shape import CheckShape, PhaseShape, PipelineShape, PolicyShape, ReadShape, ShareShape, TableShape
from shared.core.pipeline import Calendar, CompletionFields, Phase, Pipeline, TriggerPer, TriggerShape
from shared.core.table import Breaker, Check, Expectation, Heal, Policy, Read, Share, Table
from shared.errors import Fault, PipelineInvalid


def load_pipeline(path: Path | str) -> Pipeline:
    """Returns the pipeline described in the file at `path`.

    Raises:
        PipelineInvalid: the file cannot be read, is no YAML, or has faults; it names all of them.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PipelineInvalid([Fault("(file)", str(error))], source=str(path)) from error
    return parse_pipeline(text, source=str(path))


def parse_pipeline(text: str, *, source: str = "pipeline.yaml") -> Pipeline:
    """Returns the pipeline described in `text`; `source` names it in errors. Raises as `load_pipeline` does."""
    try:
        # odd scalars (`!!int abc`, 2022-13-45) leave yaml's constructors as whatever Python makes of them
        document = yaml.load(text, Loader=_UniqueKeys)  # a SafeLoader that also refuses double keys
    except (yaml.YAMLError, ValueError, KeyError, AttributeError, RecursionError) as error:
        raise PipelineInvalid([Fault("(yaml)", " ".join(str(error).split()))], source=source) from error
    try:
        shape = PipelineShape.model_validate(document)
    except ValidationError as error:
        faults = faults_of(error)
        raise PipelineInvalid([*faults, *further_faults(document, faults)], source=source) from error
    if faults := list(incoherences(shape)):
        raise PipelineInvalid(faults, source=source)
    return _pipeline(shape)


class _UniqueKeys(yaml.SafeLoader):
    """YAML lets the second of two equal keys win in silence; here that is a fault."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str | int | float | bool | None):
                raise yaml.constructor.ConstructorError(
                    "while reading a mapping", node.start_mark, "expected a plain key", key_node.start_mark
                )
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    "while reading a mapping", node.start_mark, f"{key!r} stands here twice", key_node.start_mark
                )
            seen.add(key)
        return dict(super().construct_mapping(node, deep))


def _pipeline(shape: PipelineShape) -> Pipeline:
    policy = _policy(Policy(), shape.policy)
    return Pipeline(
        name=shape.pipeline,
        timezone=shape.timezone,
        phases=tuple(_phase(phase, policy) for phase in shape.phases),
        calendar=_calendar(shape),
        policy=policy,
        completion=CompletionFields(**shape.completion.model_dump()),
    )


def _calendar(shape: PipelineShape) -> Calendar | None:
    if (calendar := shape.calendar) is None:
        return None
    return Calendar(calendar.table, calendar.date, calendar.key, calendar.season, calendar.where)


def _policy(inherited: Policy, shape: PolicyShape) -> Policy:
    given = shape.given()
    if (breaker := given.get("breaker")) is not None:
        given["breaker"] = Breaker(breaker.window, breaker.min_healed)
    merged = {**vars(inherited), **{name: value for name, value in given.items() if value is not None}}
    return Policy(**merged)


def _phase(shape: PhaseShape, inherited: Policy) -> Phase:
    policy = _policy(inherited, shape.policy)
    return Phase(
        phase=shape.phase,
        name=shape.name,
        tables=tuple(_table(table, policy) for table in shape.tables),
        completion_topic=shape.completion_topic,
        trigger_topic=shape.trigger_topic,
        trigger=TriggerShape(TriggerPer(shape.trigger.per), dict(shape.trigger.fields)),
        policy=policy,
    )


def _table(shape: TableShape, inherited: Policy) -> Table:
    policy = _policy(inherited, shape.policy)
    complete = _share(shape.complete)
    own_bootstrap = shape.bootstrap_days
    return Table(
        name=shape.name,
        ref=shape.table,
        date=shape.date,
        key=shape.key,
        stamp=shape.stamp,
        reads=tuple(_read(read) for read in shape.reads),
        complete=complete,
        gate=complete if shape.gate is None else _share(shape.gate),
        expect=None if shape.expect is None else Expectation(**shape.expect.model_dump()),
        bootstrap_days=policy.bootstrap_days if own_bootstrap is None else own_bootstrap,
        checks=tuple(_check(check) for check in shape.checks),
        heal=Heal(shape.heal),
        policy=policy,
    )


def _share(shape: ShareShape) -> Share:
    return Share(shape.keys, shape.rows_per_key, shape.allowance)


def _check(shape: CheckShape) -> Check:
    given = shape.model_dump()
    return Check(**{**given, "unique": tuple(shape.unique or ()), "not_null": tuple(shape.not_null or ())})


def _read(shape: ReadShape) -> Read:
    names = tuple(shape.any_of) if shape.any_of is not None else (shape.table or "",)
    return Read(names, shape.optional, shape.lookback_days, shape.stale, shape.upgrade)
