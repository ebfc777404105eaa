"""Where a day's reports can be looked at."""

from urllib.parse import quote

from msgspec import Struct


class Links(Struct, frozen=True):
    """Where a day's reports lie: S3 URIs of the main CSV and of the page, and their region.

    `page` is empty where there is none, and `region` where no console shows the bucket: on one's
    own machine.
    """

    report: str
    page: str
    region: str

    @property
    def report_console(self) -> str:
        """The main CSV in the S3 console, empty where there is none."""
        return console_url(self.report, self.region)

    @property
    def page_console(self) -> str:
        """The page in the S3 console, empty where there is none."""
        return console_url(self.page, self.region)


def console_url(uri: str, region: str) -> str:
    """The page of the object `uri` (`s3://bucket/key`) in the S3 console of `region`.

    Empty where there is no object, or no console.
    """
    if not uri or not region:
        return ""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if region.startswith("cn-"):
        host = f"{region}.console.amazonaws.cn"
    elif region.startswith("us-gov-"):
        host = "console.amazonaws-us-gov.com"
    else:
        host = f"{region}.console.aws.amazon.com"
    return f"https://{host}/s3/object/{quote(bucket)}?region={region}&prefix={quote(key)}"
