"""A company's network: hosts behind an authority of its own, and a proxy that asks who is there."""

import base64
import json
import select
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "host.company.test"
USER, PASSWORD = "report", "s3cret"
DAY = date(2026, 11, 19)
PROJECT = {"id": "id-of-app", "name": "app"}
_START = int(datetime.combine(DAY, time(), UTC).timestamp())
_BUCKET = {"start_time": _START, "end_time": _START + 86_400, "results": []}
ANSWERS = {
    "/sessions?": [PROJECT],
    "/organization/": {"data": [_BUCKET], "has_more": False},  # OpenAI's
    "/organizations/": {"data": [], "has_more": False},  # Anthropic's
}


class Authority:
    """An authority that nobody knows, `bundle` with its certificate, and a host's own in `host`.

    As older ones do, it writes no key identifiers, which Python calls for since 3.13.
    """

    def __init__(self, folder: Path) -> None:
        self.bundle, self.host = folder / "bundle.pem", folder / "host.pem"
        issuer, name = ec.generate_private_key(ec.SECP256R1()), _name("Company")
        root = _certificate(name, name, issuer.public_key()).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        self.bundle.write_bytes(_pem(root.sign(issuer, hashes.SHA256())))
        key = ec.generate_private_key(ec.SECP256R1())
        known_as = [
            x509.DNSName(HOST),
            x509.DNSName("localhost"),
            x509.IPAddress(ip_address("127.0.0.1")),
        ]
        host = _certificate(_name(HOST), name, key.public_key()).add_extension(
            x509.SubjectAlternativeName(known_as), critical=False
        )
        secret = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        self.host.write_bytes(_pem(host.sign(issuer, hashes.SHA256())) + secret)


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=subject,
        public_key=key,
        serial_number=x509.random_serial_number(),
        not_valid_before=now - timedelta(days=1),
        not_valid_after=now + timedelta(days=1),
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


class Hosts(BaseHTTPRequestHandler):
    """LangSmith with one project, providers with empty bills, and an SSM without parameters."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        said = next(said for part, said in ANSWERS.items() if part in self.path)
        self._answer(said)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer({"Parameters": []})

    def _answer(self, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


class Proxy(ThreadingHTTPServer):
    """Tunnels to `port` of this machine, wherever it is asked to, for who gives name and password.

    `asked` are the hosts that it was asked for.
    """

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Tunnel)
        self.port = port
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://{USER}:{PASSWORD}@127.0.0.1:{self.server_port}"


class _Tunnel(BaseHTTPRequestHandler):
    server: Proxy

    def do_CONNECT(self) -> None:
        given = self.headers.get("Proxy-Authorization", "")
        wanted = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if given != f"Basic {wanted}":
            self.send_error(407)
            return
        self.server.asked.append(self.path)
        with socket.create_connection(("127.0.0.1", self.server.port)) as beyond:
            self.send_response(200)
            self.end_headers()
            _carry(self.connection, beyond)

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


def _carry(one: socket.socket, other: socket.socket) -> None:
    """Hand over what comes from either side, until one of them ends."""
    across = {one: other, other: one}
    while True:
        readable, _, _ = select.select(list(across), [], [])
        for end in readable:
            data = end.recv(1 << 16)
            if not data:
                return
            across[end].sendall(data)


@contextmanager
def hosts(authority: Authority) -> Iterator[int]:
    """The hosts, over TLS; their port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.host)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hosts)
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with serving(server):
        yield server.server_port


@contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[None]:
    """`server`, answering in a thread of its own."""
    with server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
