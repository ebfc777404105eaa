"""`make tags`: how the newest LLM runs of a project are tagged, and what to do where they are not.

Takes LANGSMITH_API_KEY, and LANGSMITH_ENDPOINT, LANGSMITH_WORKSPACE_ID, FEATURE_KEY and
DIMENSIONS where they are set. Names are compared with the documents in CONFIG/features.
"""

import argparse
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from local.command_line import KEY, failing_clearly, langsmith_settings
from local.tag_names import names_to_mend, register_of
from spend_report.adapters.langsmith.runs import LangSmithRuns
from spend_report.domain.basics.names import name_of
from spend_report.domain.runs.attribution import ancestor_starts, nearest_feature
from spend_report.domain.runs.run import Ancestor, MetadataKeys, Project, Run
from spend_report.ports import RunSource
from spend_report.settings import Settings

# Looked at in turn until there are enough runs; base retention ends after 14 days.
_SPANS = (timedelta(minutes=10), timedelta(hours=2), timedelta(days=1), timedelta(days=14))
_ENOUGH_RUNS = 50
_SHOWN_RUNS = 20
_SHOWN_PATHS = 5

HELP = """
Where a tag is missing, it is usually one of these:

1. It was set after the LLM run started, or the run started in a plain thread pool, which leaves
   the context behind. Give it with the call:
     [bold]model.invoke(text, config={"metadata": {"$KEY": "my-feature"}})[/]
   or around everything that belongs to the feature:
     [bold]with langsmith.tracing_context(metadata={"$KEY": "my-feature"}): ...[/]
   and use [bold]langsmith.utils.ContextThreadPoolExecutor[/] for threads.
2. The traces come by OpenTelemetry, or from a langsmith older than 0.7.16: then only the root
   has it. The report takes it from there, so nothing is lost inside such a trace. To have it on
   the calls, update langsmith, or give their spans the attribute [bold]langsmith.metadata.$KEY[/].
"""


@dataclass(frozen=True, slots=True)
class TaggedRun:
    """An LLM run and where its feature comes from: `own`, `inherited` or `none`."""

    run: Run
    project: Project
    feature: str
    source: str
    root_name: str


def newest_runs(source: RunSource, now: datetime) -> tuple[timedelta, list[TaggedRun]]:
    """The LLM runs before `now`, newest first, and the span that they are all of.

    The span is the shortest that holds enough of them to judge by. Raises LangSmithError.
    """
    found: list[tuple[Project, Run]] = []

    def take(project: Project, runs: Sequence[Run]) -> None:
        found.extend((project, run) for run in runs)

    span = end = timedelta(0)
    for span in _SPANS:
        source.read(now - span, now - end, take)
        if len(found) >= _ENOUGH_RUNS:
            break
        end = span
    starts: dict[str, datetime | None] = {}
    for _, run in found:
        starts.update(ancestor_starts(run))
    ancestors = source.ancestors(starts, (now - span, now)) if starts else {}
    found.sort(key=lambda item: item[1].start_time, reverse=True)
    return span, [_tagged(project, run, ancestors) for project, run in found]


def show(
    console: Console,
    runs: Sequence[TaggedRun],
    span: timedelta,
    keys: Sequence[str],
    names: Callable[[Counter[str]], Iterable[str]],
) -> None:
    """The newest runs, the share that is tagged, and help where that is not all.

    `keys` are the metadata keys of the feature and of the dimensions; `names` has the lines to show
    about the features by their number of runs.
    """
    if not runs:
        console.print(f"No LLM runs in the last {_words(span)}: is this the right project?")
        return
    console.print(_table(runs[:_SHOWN_RUNS], keys))
    console.print(f"{len(runs):,} LLM runs in the last {_words(span)}:", highlight=False)
    counts = Counter(tagged.source for tagged in runs)
    for source, told in _SOURCES.items():
        share = counts[source] / len(runs)
        console.print(f"  {counts[source]:>7,}  {share:>6.1%}  {told}", highlight=False)
    if counts["none"]:
        console.print("\nWithout a tag:")
        for path, count in _paths(runs).most_common(_SHOWN_PATHS):
            console.print(f"  {count:>7,}  {path}", highlight=False, markup=False)
    in_doubt = list(names(Counter(tagged.feature for tagged in runs if tagged.feature)))
    for line in ["", *in_doubt] if in_doubt else []:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    if counts["own"] < len(runs):
        console.print(HELP.replace("$KEY", keys[0]).rstrip(), highlight=False, soft_wrap=True)


_SOURCES = {
    "own": "have a tag of their own",
    "inherited": "take it from a run above them",
    "none": "have none: the report counts them as untagged",
}


def _tagged(project: Project, run: Run, ancestors: Mapping[str, Ancestor]) -> TaggedRun:
    own = name_of(getattr(run.metadata, "feature", None))
    features = {id_: found.feature for id_, found in ancestors.items() if found.feature}
    above = "" if own else nearest_feature(run.parent_run_ids or (), features)
    source = "own" if own else "inherited" if above else "none"
    root = ancestors.get(run.trace_id or "")
    return TaggedRun(run, project, own or above, source, root.name if root else "")


def _table(runs: Sequence[TaggedRun], keys: Sequence[str]) -> Table:
    table = Table(
        title=f"The newest {len(runs)} LLM runs",
        title_style="bold",
        box=SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for name in ("time (UTC)", "project", "run", "model", *keys):
        table.add_column(name, overflow="fold")
    for tagged in runs:
        run = tagged.run
        inherited = " (inherited)" if tagged.source == "inherited" else ""
        values = [getattr(run.metadata, f"d{index}", None) for index in range(len(keys) - 1)]
        table.add_row(
            f"{run.start_time.astimezone(UTC):%H:%M:%S}",
            Text(tagged.project.name),
            Text(run.name or ""),
            Text(name_of(getattr(run.metadata, "model", None))),
            Text((tagged.feature or "none") + inherited, style=_COLOURS[tagged.source]),
            *(Text(name_of(value)) for value in values),
        )
    return table


_COLOURS = {"own": "green", "inherited": "yellow", "none": "red"}


def _paths(runs: Iterable[TaggedRun]) -> Counter[str]:
    """The untagged runs by the code path that made them."""
    return Counter(
        " > ".join(
            filter(
                None,
                (
                    tagged.root_name,
                    name_of(getattr(tagged.run.metadata, "node", None)),
                    tagged.run.name,
                ),
            )
        )
        for tagged in runs
        if tagged.source == "none"
    )


def _words(span: timedelta) -> str:
    hours, minutes = span // timedelta(hours=1), span // timedelta(minutes=1)
    if span > timedelta(days=1):
        return f"{span.days} days"
    return f"{hours} hours" if hours else f"{minutes} minutes"


def main(arguments: Sequence[str] | None = None) -> None:
    """Show the tags of the projects' newest LLM runs."""
    parser = argparse.ArgumentParser(prog="python -m local.tags", description=__doc__)
    parser.add_argument(
        "--projects", default=os.environ.get("PROJECTS", ""), help="names or UUIDs, by comma"
    )
    parser.add_argument(
        "--config", type=Path, default=Path(os.environ.get("CONFIG") or "config"), help="folder"
    )
    options = parser.parse_args(arguments)
    console = Console()
    with failing_clearly():
        register = register_of(options.config)
        settings = Settings.from_environment(
            {**langsmith_settings(options.projects), **_NO_ACCOUNT}
        )
        assert settings.langsmith_api_key is not None
        with (
            console.status("Reading the newest LLM runs from LangSmith"),
            LangSmithRuns(
                endpoint=settings.langsmith_endpoint,
                api_key=settings.langsmith_api_key.get_secret_value(),
                key_name=KEY,
                workspace_id=settings.langsmith_workspace_id,
                projects=settings.langsmith_projects,
                metadata_keys=MetadataKeys(settings.feature_key, settings.dimensions),
            ) as source,
        ):
            span, runs = newest_runs(source, datetime.now(UTC))
    show(
        console,
        runs,
        span,
        [settings.feature_key, *settings.dimensions],
        lambda features: names_to_mend(features, register, options.config),
    )


# The settings' model wants these; nothing of them is touched here.
_NO_ACCOUNT = {
    "REPORT_BUCKET": "none",
    "ALERT_TOPIC_ARN": "arn:aws:sns:us-east-1:000000000000:none",
    "CONFIG_PATH": "/none",
}


if __name__ == "__main__":
    main()
