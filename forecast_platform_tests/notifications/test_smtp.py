"""Mail against a real SMTP server in a thread of this process."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

from forecast_platform.errors import InputError, PermanentError, TransientError
from forecast_platform.notifications.smtp import SmtpNotifier
from forecast_platform.settings import SmtpSettings
from forecast_platform_tests.notifications.examples import failure, success

SENDER = "forecasts@example.com"


class Mailbox:
    """Takes every mail, but for what ``answers`` says to a recipient."""

    def __init__(self, answers: dict[str, str] | None = None, data_answer: str = "250 OK") -> None:
        self.envelopes: list[Envelope] = []
        self._answers = answers or {}
        self._data_answer = data_answer

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer = self._answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, _server: Any, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.envelopes.append(envelope)
        return self._data_answer

    @property
    def mails(self) -> list[EmailMessage]:
        parsed = [
            message_from_bytes(envelope.original_content or b"", policy=policy.default) for envelope in self.envelopes
        ]
        return [mail for mail in parsed if isinstance(mail, EmailMessage)]


@contextmanager
def server(mailbox: Mailbox, **options: Any) -> Iterator[SmtpSettings]:
    controller = Controller(mailbox, hostname="127.0.0.1", port=_free_port(), **options)
    controller.start()
    try:
        yield SmtpSettings("127.0.0.1", controller.port, SENDER, starttls=False)
    finally:
        controller.stop()


@contextmanager
def raw_server(talk: Callable[[socket.socket], None]) -> Iterator[SmtpSettings]:
    """A server that says only what ``talk`` says to its one client."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            client, _ = listener.accept()
            with client:
                talk(client)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield SmtpSettings("127.0.0.1", listener.getsockname()[1], SENDER, starttls=False)
        thread.join(timeout=5)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_everyone_gets_the_mail_with_its_subject_and_body() -> None:
    mailbox = Mailbox()
    with server(mailbox) as settings:
        SmtpNotifier(settings, ["a@example.com", "b@example.com"]).send(success())
    [mail] = mailbox.mails
    assert mailbox.envelopes[0].rcpt_tos == ["a@example.com", "b@example.com"]
    assert mail["To"] == "a@example.com, b@example.com"
    assert mail["From"] == SENDER
    assert mail["Subject"] == success().subject
    assert mail.get_content().replace("\r\n", "\n") == success().body
    assert mail["Auto-Submitted"] == "auto-generated"


def test_any_script_arrives_as_it_was_written() -> None:
    mailbox = Mailbox()
    told = failure(error="item 한글 🙂 is missing")
    object.__setattr__(told, "subject", "전력: 실패 🙂")
    with server(mailbox) as settings:
        SmtpNotifier(settings, ["a@example.com"]).send(told)
    [mail] = mailbox.mails
    assert mail["Subject"] == "전력: 실패 🙂"
    assert "한글 🙂" in mail.get_content()


def test_an_error_cannot_add_a_recipient_or_end_the_mail_early() -> None:
    mailbox = Mailbox()
    told = failure(
        run_id="r\r\nBcc: x@example.com", error="bad\r\n.\r\nRCPT TO:<evil@example.com>\r\nBcc: evil@example.com"
    )
    with server(mailbox) as settings:
        SmtpNotifier(settings, ["a@example.com"]).send(told)
    [mail] = mailbox.mails
    assert mailbox.envelopes[0].rcpt_tos == ["a@example.com"]
    assert mail["Bcc"] is None
    assert "RCPT TO:<evil@example.com>" in mail.get_content()


def test_a_mail_that_is_sent_again_has_the_same_identity() -> None:
    mailbox = Mailbox()
    with server(mailbox) as settings:
        for _ in range(2):
            SmtpNotifier(settings, ["a@example.com"]).send(success("run-7"))
        SmtpNotifier(settings, ["a@example.com"]).send(failure("run-7"))
    first, again, other = (mail["Message-ID"] for mail in mailbox.mails)
    assert first == again == "<run-7-success@example.com>"
    assert other != first


@pytest.mark.parametrize(
    ("answer", "kind"), [("550 no such user", PermanentError), ("450 mailbox busy", TransientError)]
)
def test_a_refused_recipient_is_named(answer: str, kind: type[Exception]) -> None:
    mailbox = Mailbox({"b@example.com": answer})
    with server(mailbox) as settings, pytest.raises(kind, match=r"b@example\.com \(" + answer[:3]):
        SmtpNotifier(settings, ["a@example.com", "b@example.com"]).send(success())
    assert mailbox.envelopes[0].rcpt_tos == ["a@example.com"]


def test_a_server_that_refuses_everyone_is_a_permanent_failure() -> None:
    mailbox = Mailbox({"a@example.com": "553 not here"})
    with server(mailbox) as settings, pytest.raises(PermanentError, match="553 not here"):
        SmtpNotifier(settings, ["a@example.com"]).send(success())
    assert mailbox.envelopes == []


@pytest.mark.parametrize(("answer", "kind"), [("554 spam", PermanentError), ("451 try later", TransientError)])
def test_a_refused_mail_is_a_failure_of_its_kind(answer: str, kind: type[Exception]) -> None:
    with server(Mailbox(data_answer=answer)) as settings, pytest.raises(kind, match=answer):
        SmtpNotifier(settings, ["a@example.com"]).send(success())


def test_a_server_that_is_not_there_can_be_tried_again() -> None:
    settings = SmtpSettings("127.0.0.1", _free_port(), SENDER, starttls=False)
    with pytest.raises(TransientError, match="no answer"):
        SmtpNotifier(settings, ["a@example.com"]).send(success())


def test_a_server_that_hangs_up_can_be_tried_again() -> None:
    def hang_up(client: socket.socket) -> None:
        client.sendall(b"220 ready\r\n")
        client.recv(1000)

    with raw_server(hang_up) as settings, pytest.raises(TransientError, match="no answer"):
        SmtpNotifier(settings, ["a@example.com"]).send(success())


def test_a_server_that_never_answers_is_given_up() -> None:
    def keep_silent(client: socket.socket) -> None:
        client.recv(1000)

    with raw_server(keep_silent) as settings, pytest.raises(TransientError, match="timed out"):
        SmtpNotifier(settings, ["a@example.com"], timeout=0.2).send(success())


def test_a_server_that_cannot_encrypt_gets_no_mail_when_encryption_is_required() -> None:
    mailbox = Mailbox()
    with server(mailbox) as plain, pytest.raises(PermanentError, match="STARTTLS"):
        SmtpNotifier(SmtpSettings(plain.host, plain.port, SENDER, starttls=True), ["a@example.com"]).send(success())
    assert mailbox.envelopes == []


def test_an_encrypted_connection_carries_the_password_and_the_mail(tmp_path: Path) -> None:
    certificate = _certificate(tmp_path)
    trusted = ssl.create_default_context(cafile=str(certificate))
    mailbox = Mailbox()
    with server(mailbox, **_encrypted(certificate)) as plain:
        settings = SmtpSettings("localhost", plain.port, SENDER, starttls=True, username="me", password="hush")
        SmtpNotifier(settings, ["a@example.com"], tls=trusted).send(success())
        wrong = SmtpSettings("localhost", plain.port, SENDER, starttls=True, username="me", password="wrong")
        with pytest.raises(PermanentError, match="535") as refused:
            SmtpNotifier(wrong, ["a@example.com"], tls=trusted).send(success())
    assert len(mailbox.mails) == 1
    assert "wrong" not in str(refused.value)


def test_a_certificate_that_is_not_trusted_is_a_permanent_failure(tmp_path: Path) -> None:
    mailbox = Mailbox()
    with server(mailbox, **_encrypted(_certificate(tmp_path))) as plain:
        settings = SmtpSettings("localhost", plain.port, SENDER, starttls=True)
        with pytest.raises(PermanentError, match="certificate is not trusted"):
            SmtpNotifier(settings, ["a@example.com"]).send(success())
    assert mailbox.envelopes == []


def test_a_password_never_crosses_a_network_in_clear_text() -> None:
    with server(Mailbox()) as listening:
        # Another way of writing 127.0.0.1, which the notifier takes for some other machine.
        settings = SmtpSettings("127.1", listening.port, SENDER, starttls=False, username="me", password="hush")
        with pytest.raises(PermanentError, match="clear text"):
            SmtpNotifier(settings, ["a@example.com"]).send(success())


def test_everything_that_is_not_an_address_is_named() -> None:
    settings = SmtpSettings("localhost", 25, SENDER, starttls=False)
    with pytest.raises(InputError) as failed:
        SmtpNotifier(settings, ["team", "a@example.com\nBcc: x@example.com", "b@example.com"])
    assert len(failed.value.problems) == 2
    with pytest.raises(InputError, match="nobody"):
        SmtpNotifier(settings, [])


def _encrypted(certificate: Path) -> dict[str, Any]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, login: LoginPassword) -> AuthResult:
        return AuthResult(success=login == LoginPassword(b"me", b"hush"), handled=False)

    return {"tls_context": context, "require_starttls": True, "authenticator": check, "auth_required": False}


def _certificate(folder: Path) -> Path:
    """A self-signed certificate for ``localhost`` and its key, in one file."""
    x509 = pytest.importorskip("cryptography.x509", reason="makes the server's certificate")
    from datetime import UTC, datetime, timedelta

    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + certificate.public_bytes(serialization.Encoding.PEM)
    path = folder / "server.pem"
    path.write_bytes(pem)
    return path
