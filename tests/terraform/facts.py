"""What Terraform has to agree with, as the Python code says it: `make terraform-facts` writes it.

The assertions in `terraform/tests/` compare with `facts.json`, and a test compares that with the code: so the two meet
without either running the other. What is read from `sql/schema/` is read here by a real parser.
"""

import json
import re
import sys
import tomllib
from pathlib import Path

import sqlglot
from sqlglot import exp

from shared import queries
from shared.cli.sql import report
from shared.config import load_pipeline
from shared.config.settings import SHIPPED_PIPELINE
from shared.core.names import JobKind, dashboard_name, function_name, job_id, listeners
from shared.core.pipeline import Pipeline
from shared.tenure import COMPLETION, LATE, SCAN

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "terraform" / "tests"
PROJECT = "a-project"
PIPELINES = {
    "shipped": SHIPPED_PIPELINE,
    "two_phases": TESTS / "pipelines" / "two_phases.yaml",
    "three_phases": TESTS / "pipelines" / "three_phases.yaml",
}
LEDGER_OF = "two_phases"

_AS_THE_API_SAYS = {"INT64": "INTEGER", "FLOAT64": "FLOAT", "BOOL": "BOOLEAN"}


def files() -> dict[Path, str]:
    """Returns what each generated file of `terraform/tests/` has to hold."""
    path = PIPELINES[LEDGER_OF]
    return {
        TESTS / "facts.json": json.dumps(facts(), indent=2) + "\n",
        TESTS / "pipelines" / f"{LEDGER_OF}_coverage.sql": report(load_pipeline(path), path),
    }


def facts() -> dict[str, object]:
    """Returns everything that is compared."""
    said = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    return {
        "project": PROJECT,
        "deadlines": {"scan": SCAN.deadline + LATE, "completion": COMPLETION.deadline + LATE},
        "python": f"python{said.removeprefix('>=').replace('.', '')}",
        "pipelines": {name: _of_pipeline(load_pipeline(path)) for name, path in PIPELINES.items()},
        "ledger": _of_ledger(load_pipeline(PIPELINES[LEDGER_OF])),
    }


def _of_pipeline(pipeline: Pipeline) -> dict[str, object]:
    topics = [topic for phase in pipeline.phases for topic in (phase.completion_topic, phase.trigger_topic) if topic]
    refs = [*([pipeline.calendar.ref] if pipeline.calendar else []), *(table.ref for table in pipeline.tables.values())]
    return {
        "edges": {
            edge.name: {
                "function": function_name(pipeline, edge),
                "subscriptions": sorted(each.subscription for each in listeners(pipeline) if each.name == edge.name),
                "dead_letters": sorted(each.dead_letters for each in listeners(pipeline) if each.name == edge.name),
                "jobs": {kind.value: job_id(pipeline, edge, kind) for kind in JobKind},
                "trigger_topic": edge.trigger_topic,
            }
            for edge in pipeline.edges
        },
        "dashboard": dashboard_name(pipeline),
        "topics": sorted(set(topics)),
        "sources": sorted({ref.rpartition(".")[0] if ref.count(".") == 2 else _home(ref) for ref in refs}),
        "ledger": pipeline.ledger_dataset,
    }


def _of_ledger(pipeline: Pipeline) -> dict[str, object]:
    statements = {**dict(queries.schema(pipeline)), **dict(queries.reports(pipeline))}
    return {
        "dataset": pipeline.ledger_dataset,
        "timezone": pipeline.timezone,
        "tables": {name: table_of(sql) for name, sql in statements.items() if "CREATE TABLE" in sql},
        "views": {name: qualified(sql) for name, sql in statements.items() if "CREATE OR REPLACE VIEW" in sql},
    }


def _home(ref: str) -> str:
    return f"{PROJECT}.{ref.partition('.')[0]}"


def qualified(statement: str) -> str:
    """Returns the SELECT of a view as Terraform has to give it: no comments, and the project in every name."""
    _, _, select = queries.bare(statement).partition(" AS\n")
    return re.sub(r"`([\w-]+\.[\w-]+)`", rf"`{PROJECT}.\1`", select).strip()


def table_of(statement: str) -> dict[str, object]:
    """Returns columns, partitions and clusters of a `CREATE TABLE`, as BigQuery's API names them."""
    tree = sqlglot.parse_one(queries.bare(statement), read="bigquery")
    (partition,) = [found.this for found in tree.find_all(exp.PartitionedByProperty)]
    by_range = isinstance(partition, exp.Func) and partition.sql("bigquery").startswith("RANGE_BUCKET")
    clusters = [column.name for found in tree.find_all(exp.ClusterProperty) for column in found.expressions]
    return {
        "columns": [
            {
                "name": column.name,
                "type": _AS_THE_API_SAYS.get(kind := column.args["kind"].sql("bigquery"), kind),
                "mode": "REQUIRED" if list(column.find_all(exp.NotNullColumnConstraint)) else "NULLABLE",
            }
            for column in tree.find_all(exp.ColumnDef)
        ],
        "by_day": None if by_range else partition.find(exp.Column, exp.Identifier).name,
        "by_range": [partition.find(exp.Column).name, *_numbers(partition)] if by_range else None,
        "cluster_by": clusters or None,
    }


def _numbers(expression: exp.Expression) -> list[str]:
    return [literal.name for literal in expression.find_all(exp.Literal) if not literal.is_string]


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{path.relative_to(ROOT)}\n")
