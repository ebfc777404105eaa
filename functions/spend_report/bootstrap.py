"""The only place that builds things: settings → adapters → the daily job."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, NamedTuple

from spend_report.adapters.aws.clients import client, console_region, keep_clients
from spend_report.adapters.aws.s3_alert_log import S3AlertLog
from spend_report.adapters.aws.s3_bills import S3Bills
from spend_report.adapters.aws.s3_parts import S3Parts
from spend_report.adapters.aws.s3_reports import S3Reports
from spend_report.adapters.aws.sns_alerts import SnsAlerts, SnsChat
from spend_report.adapters.aws.ssm_config import SsmConfig
from spend_report.adapters.bills.anthropic import AnthropicBills
from spend_report.adapters.bills.bedrock import BedrockBills
from spend_report.adapters.bills.openai import OpenAIBills
from spend_report.adapters.catalogue.catalogue import PriceCatalogue, catalogue_version
from spend_report.adapters.langsmith.concurrency import begun
from spend_report.adapters.langsmith.runs import LangSmithRuns
from spend_report.billing import Billing
from spend_report.daily_job import DailyJob
from spend_report.domain.bills.ordinary_prices import ordinary_prices
from spend_report.domain.bills.same_model import SameModel
from spend_report.domain.config.configuration import Configuration, configuration
from spend_report.domain.prices.price_sources import PriceBook
from spend_report.domain.reports.day_report import DayReport, Origin
from spend_report.domain.runs.run import MetadataKeys
from spend_report.events.report_event import GuardRequest, ReportRequest
from spend_report.events.step_event import CollectRequest, MergeRequest, StepRequest
from spend_report.guard import Guard
from spend_report.one_day import Policy, Reporting
from spend_report.parts_job import PartsJob, Workers, parts_of
from spend_report.ports import BillSource
from spend_report.sending import Sending
from spend_report.settings import Settings
from spend_report.telemetry import Telemetry


class Application(NamedTuple):
    """What serves an event: the reports, the guard, or the steps of a day in parts."""

    job: DailyJob
    guard: Guard
    parts: PartsJob


@contextmanager
def application(
    settings: Settings,
    context: Any,
    now: Callable[[], datetime],
    asked: ReportRequest | GuardRequest | StepRequest,
) -> Iterator[Application]:
    """What serves one invocation, with all parameters read and validated.

    `context` is Lambda's: its remaining time bounds the fetching, and its request id marks the
    alerts that this invocation is sending. `now` is the clock, and `asked` what the event asks
    for. Connections are closed at the end.

    Raises:
        ConfigError: a parameter is missing or invalid.
        AwsError: a parameter could not be read.
    """
    catalogue = PriceCatalogue() if settings.price_catalogue else None
    own_days = asked.days if isinstance(asked, ReportRequest) else ()
    config, parameters, key, s3, store, looks = _account(settings, catalogue, own_days[:1])
    with LangSmithRuns(
        endpoint=settings.langsmith_endpoint,
        api_key=key,
        key_name="LANGSMITH_API_KEY" if settings.langsmith_api_key else parameters.api_key_name,
        workspace_id=settings.langsmith_workspace_id,
        projects=settings.langsmith_projects,
        metadata_keys=MetadataKeys(settings.feature_key, settings.dimensions),
        max_requests_per_10s=settings.max_requests_per_10s,
        max_concurrent=settings.max_concurrent_requests,
        remaining_seconds=_remaining_seconds(context),
        meanwhile=_import_page if isinstance(asked, ReportRequest) else None,
    ) as source:
        # The store remembers what it found. What it could not read it is asked for again, by who
        # says what that means; and from here on it is used by one thread at a time.
        wait(looks)
        policy = Policy(
            timezone=settings.report_timezone,
            feature_key=settings.feature_key,
            dimensions=settings.dimensions,
            untagged_share=settings.untagged_alert_share,
            spikes=settings.spikes,
            spike_floor=settings.spike_floor_usd,
            weekly_digest=settings.weekly_digest,
            config_path=settings.config_path,
            backfill=settings.backfill_state_machine_arn or "",
            region=console_region(s3),
        )
        run = asked.run if isinstance(asked, CollectRequest | MergeRequest) else ""
        parts = S3Parts(settings.report_bucket, settings.report_prefix, run, client=s3)
        prices = PriceBook([config.prices, *([catalogue] if catalogue else [])])
        billing = Billing(
            sources=bill_sources(settings, parameters, _remaining_seconds(context)),
            store=S3Bills(settings.report_bucket, key=store.key, client=s3),
            names=SameModel(
                config.prices.aliases, catalogue.name if catalogue else _no_public_name
            ),
            prices=partial(ordinary_prices, prices, catalogue),
            region=policy.region,
            seconds_left=_remaining_seconds(context),
        )
        reporting = Reporting(
            policy=policy,
            source=source,
            prices=prices,
            budgets=config.budgets,
            register=config.register,
            origin=Origin(
                timezone=str(settings.report_timezone),
                parameters=config.versions,
                catalogue=catalogue_version() if catalogue else "off",
                configuration=config.described(),
            ),
            store=store,
            render=_render,
            bills=billing.lines,
            parts=partial(parts_of, parts, asked.windows)
            if isinstance(asked, MergeRequest)
            else None,
        )
        sns = client("sns")
        publisher = SnsAlerts(settings.alert_topic_arn, client=sns)
        chat = settings.chat_topic_arn
        room = SnsChat(chat, client=sns) if chat else None
        telemetry = _telemetry()

        def log(lock: str) -> S3AlertLog:
            return S3AlertLog(
                settings.report_bucket,
                settings.report_prefix,
                client=s3,
                by=getattr(context, "aws_request_id", ""),
                lock=lock,
            )

        job = DailyJob(
            reporting=reporting,
            store=store,
            sending=Sending(
                log=log("lock"),
                publisher=publisher,
                room=room,
            ),
            observer=telemetry,
            billing=billing,
            now=now,
        )
        guard = Guard(
            reporting=reporting,
            sending=Sending(log=log("guard-lock"), publisher=publisher, room=room),
            observer=telemetry,
            now=now,
        )
        workers = Workers(settings.workers, settings.max_requests_per_10s)
        yield Application(job, guard, PartsJob(reporting, parts, workers))


def prepare() -> None:
    """Make the clients that events need, where the environment stays what it is."""
    keep_clients("ssm", "s3", "sns")


class _Account(NamedTuple):
    """What is in the AWS account: read, or within reach; `looks` are those of the store."""

    config: Configuration
    parameters: SsmConfig
    langsmith_key: str
    s3: Any
    store: S3Reports
    looks: Sequence[Future[Any]]


def _account(
    settings: Settings, catalogue: PriceCatalogue | None, days: Sequence[date]
) -> _Account:
    """All parameters, read side by side, and what else is needed.

    Meanwhile the store begins to look up what is known of `days` and of those before them.
    Raises ConfigError, AwsError.
    """
    parameters = SsmConfig(client("ssm"), settings.config_path)
    with ThreadPoolExecutor() as pool:
        folders = (parameters.pricing, parameters.budgets, parameters.features)
        reading = [pool.submit(folder) for folder in folders]
        own = settings.langsmith_api_key
        key = pool.submit(parameters.api_key if own is None else own.get_secret_value)
        s3 = client("s3")
        store = S3Reports(settings.report_bucket, settings.report_prefix, client=s3)
        looks = [begun(partial(store.history, day)) for day in days]
        pricing, budgets, features = [folder.result() for folder in reading]
        config = configuration(pricing, budgets, features, catalogue)
        return _Account(config, parameters, key.result(), s3, store, looks)


def _import_page() -> None:
    """Import what makes a page, with its libraries: many invocations make none."""
    import spend_report.page  # noqa: F401, PLC0415


def _render(report: DayReport) -> bytes:
    from spend_report import page  # noqa: PLC0415 - see `_import_page`

    return page.render(page.view(report))


def bill_sources(
    settings: Settings, parameters: SsmConfig, seconds_left: Callable[[], float] | None
) -> list[BillSource]:
    """Where the bills come from that the settings name. No key is read before it is needed."""

    def key_of(provider: str) -> dict[str, Any]:
        return {
            "key": partial(parameters.bill_key, provider),
            "key_name": parameters.bill_key_name(provider),
            "seconds_left": seconds_left,
        }

    sources: dict[str, Callable[[], BillSource]] = {
        "openai": lambda: OpenAIBills(base_url=settings.openai_base_url, **key_of("openai")),
        "anthropic": lambda: AnthropicBills(
            base_url=settings.anthropic_base_url, **key_of("anthropic")
        ),
        # Cost Explorer is in one region only.
        "bedrock": lambda: BedrockBills(client("ce", region="us-east-1")),
    }
    return [sources[provider]() for provider in settings.bills]


def _no_public_name(_model: str, _provider: str) -> None:
    return None


def _telemetry() -> Telemetry:
    started = time.monotonic()
    return Telemetry(seconds=lambda: time.monotonic() - started, now=lambda: datetime.now(UTC))


def _remaining_seconds(context: Any) -> Callable[[], float] | None:
    """The time that Lambda leaves; None where nothing limits it, as on one's own machine."""
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    return (lambda: remaining() / 1000) if remaining else None
