"""HTTP connections to hosts outside AWS: by which proxy, and whose certificates are trusted.

As AWS's SDK does it for its own, so that a company's network is described once: HTTPS_PROXY and
NO_PROXY, SSL_CERT_FILE, and REQUESTS_CA_BUNDLE, which botocore and LangSmith's older SDKs know.
"""

import os
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx2
import urllib3

from spend_report.errors import SettingsError


def connections(url: str, kept: int = 1) -> urllib3.PoolManager:
    """Connections to the host of `url`, of which `kept` stay open.

    Raises SettingsError where the environment names a file of authorities that is none.
    """
    parts = urlsplit(url)
    options: dict[str, Any] = {"maxsize": kept}
    if parts.scheme == "https":
        options["ssl_context"] = _trusting()
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy or proxy_bypass(parts.hostname or ""):
        return urllib3.PoolManager(**options)
    credentials = urllib3.util.parse_url(proxy).auth
    headers = urllib3.make_headers(proxy_basic_auth=credentials) if credentials else None
    return urllib3.ProxyManager(
        proxy, proxy_headers=headers, proxy_ssl_context=_trusting(), **options
    )


def certificate_refused(error: BaseException) -> str:
    """What is wrong with the server's certificate, and what to do; empty for any other error."""
    for each in _causes(error):
        if isinstance(each, ssl.SSLCertVerificationError):
            return (
                f"its certificate is not trusted ({each.verify_message}); where a company's own "
                "authority signs it, name the file with all authorities to trust: the stack's "
                "CaBundleLayerArn, on your own machine SSL_CERT_FILE"
            )
    return ""


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _trusting() -> ssl.SSLContext:
    """Trust in the public authorities, or in those of the file that the environment names instead.

    Python's strict checks are left out, as botocore leaves them out: they refuse what many a
    company's authority signs, for want of an extension.
    https://docs.python.org/3.13/whatsnew/3.13.html#ssl
    """
    context = _of_the_environment() or httpx2.create_ssl_context()
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def _of_the_environment() -> ssl.SSLContext | None:
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        if path := os.environ.get(name):
            try:
                if Path(path).is_dir():
                    return ssl.create_default_context(capath=path)
                return ssl.create_default_context(cafile=path)
            except OSError as error:
                raise SettingsError(
                    f"{name}: {path} is no file of certificates ({error.strerror or error}); name "
                    "one in PEM, with every authority to trust"
                ) from error
    return None
