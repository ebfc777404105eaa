"""The sample day and the week before it, through the real handler on embedded services."""

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from rich.console import Console

from local.aws import LocalAws, Message
from local.invoke import LocalFunction, in_time
from local.langsmith_server import LangSmithServer
from local.sample_data import DAYS_BEFORE, PROJECT, SAMPLE_DATE, sample_runs
from local.screen import step

CONFIG = Path(__file__).parent / "config"
DAY = SAMPLE_DATE.isoformat()
SCHEDULED = {"scheduled_time": f"{SAMPLE_DATE + timedelta(days=1)}T06:00:00Z"}
WEEK_BEFORE = {
    "start_date": str(SAMPLE_DATE - timedelta(days=DAYS_BEFORE)),
    "end_date": str(SAMPLE_DATE - timedelta(days=1)),
    "notify": False,
}


def run(console: Console, out: Path) -> Sequence[Message]:
    """Report the week silently and the day as the schedule does, and copy the bucket to `out`.

    Returns the messages that the function published.
    """
    with ExitStack() as running:
        with step(console, "Starting an embedded LangSmith, with eight days of runs, and AWS"):
            langsmith = running.enter_context(LangSmithServer())
            langsmith.add_runs(PROJECT, sample_runs())
            aws = running.enter_context(LocalAws())
            aws.put_documents(CONFIG)
            aws.put_parameter("langsmith-api-key", langsmith.api_key, secure=True)
        settings = {
            **aws.settings(),
            "LANGSMITH_ENDPOINT": langsmith.url,
            "LANGSMITH_PROJECTS": PROJECT,
        }
        with LocalFunction(settings, out / "demo.log", in_time) as function:
            with step(console, "Reporting the week before, silently"):
                function(WEEK_BEFORE)
            with step(console, f"The schedule fires at {SCHEDULED['scheduled_time']}"):
                function(SCHEDULED)
        with step(console, f"Copying the bucket to {out.as_posix()}/"):
            aws.copy_objects(out)
        return aws.published()
