"""Every way in which a run can fail on purpose.

    SpendReportError
    ├── SettingsError          an environment variable is missing or malformed
    ├── EventError             the event that invoked the function is not one of ours
    ├── ConfigError            a parameter in SSM is missing, unreadable or invalid
    ├── LangSmithError         LangSmith could not be read completely
    │   ├── LangSmithKeyError      it refused the API key
    │   ├── UnknownProjectError    it has no such project
    │   ├── LangSmithRefusedError  it refused a request, for another reason
    │   ├── OutOfTimeError         the function's time would end before the last page
    │   └── MissingPartError       a part of a day that was read in parts is not there
    ├── AwsError               a call to S3, SSM or SNS failed
    ├── FewerRunsError         LangSmith has less of a day than its report counts: it stays
    ├── PartlyReportedError    the event's own day is done, something else is not
    ├── BillError              a provider's bill could not be read; never a reason not to report
    ├── InconsistentReportError    sums that must agree differ: nothing is published
    └── AlertInProgressError   another invocation is sending the same alert right now

A message says what is wrong, where, and what to do; it never contains a secret.
"""


class SpendReportError(Exception):
    """Base of all errors below."""


class SettingsError(SpendReportError):
    """An environment variable is missing or malformed."""


class EventError(SpendReportError):
    """The event is none of the documented ones."""


class ConfigError(SpendReportError):
    """A parameter in SSM is missing or does not validate."""


class LangSmithError(SpendReportError):
    """LangSmith could not be read completely, so there is no report."""


class LangSmithKeyError(LangSmithError):
    """LangSmith refused the API key."""


class UnknownProjectError(LangSmithError):
    """LangSmith has no project of the configured name or id."""


class LangSmithRefusedError(LangSmithError):
    """LangSmith refused a request for good; `status` is the HTTP status."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class OutOfTimeError(LangSmithError):
    """The function's remaining time does not suffice to read the day."""


class MissingPartError(LangSmithError):
    """A part of a day is not there, because its worker failed."""


class AwsError(SpendReportError):
    """A call to an AWS service failed for good."""


class FewerRunsError(SpendReportError):
    """LangSmith has fewer runs of a day than its report counts, so the report was kept."""


class PartlyReportedError(SpendReportError):
    """The event's own days were reported, and something less important failed."""


class BillError(SpendReportError):
    """A provider's bill could not be read; the message is the reason why it is not compared."""


class InconsistentReportError(SpendReportError):
    """Sums that must agree differ; publishing would put a wrong number into the world."""


class AlertInProgressError(SpendReportError):
    """Another invocation holds the claim on an alert and has not sent it yet."""
