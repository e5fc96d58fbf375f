"""Notifications by mail.

Belongs here: the mail, and which of a server's answers are worth trying again. Does not belong here: the texts.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from collections.abc import Iterable, Sequence
from email.message import EmailMessage
from email.utils import localtime

from forecast_platform.errors import ForecastPlatformError, InputError, PermanentError, Problem, TransientError
from forecast_platform.notifications.message import Notification, one_line
from forecast_platform.settings import SmtpSettings

_ADDRESS = re.compile(r"[^\s@,;:<>\"()\[\]\\]+@[^\s@,;:<>\"()\[\]\\]+")
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


class SmtpNotifier:
    """Mail to one or more people through one server.

    Args:
        server: Host, port, sender, user and password, and whether the connection must be encrypted (STARTTLS).
        recipients: Mail addresses.
        timeout: Seconds that connecting, and every answer of the server, may take.
        tls: Whom to trust; default: the authorities this machine trusts.

    Raises:
        InputError: Something that is not a mail address.
    """

    def __init__(
        self, server: SmtpSettings, recipients: Sequence[str], timeout: float = 20.0, tls: ssl.SSLContext | None = None
    ) -> None:
        _check_addresses(server.sender, recipients)
        self._server = server
        self._recipients = tuple(recipients)
        self._timeout = timeout
        self._tls = tls
        self.name = f"mail through {server.host}:{server.port}"

    def send(self, notification: Notification) -> None:
        """Hand ``notification`` to the server.

        Raises:
            TransientError: No connection, or the server asks to try again (4xx).
            PermanentError: The server refuses (5xx) any recipient or all of it, cannot encrypt though it must, or
                shows a certificate that is not trusted.
        """
        try:
            with smtplib.SMTP(
                self._server.host, self._server.port, local_hostname=socket.gethostname(), timeout=self._timeout
            ) as connection:
                self._secure(connection)
                refused = connection.send_message(self._mail(notification))
        except smtplib.SMTPRecipientsRefused as error:
            raise _recipients_refused(error.recipients) from error
        except smtplib.SMTPResponseException as error:
            raise _refused(f"{error.smtp_code} {_said(error.smtp_error)}", [error.smtp_code]) from error
        except smtplib.SMTPNotSupportedError as error:
            raise PermanentError(f"the server cannot do what is needed: {error}") from error
        except ssl.SSLCertVerificationError as error:
            raise PermanentError(f"the server's certificate is not trusted: {error.verify_message}") from error
        except (smtplib.SMTPException, OSError) as error:
            raise TransientError(f"no answer that could be used: {error}") from error
        if refused:
            raise _recipients_refused(refused)

    def _secure(self, connection: smtplib.SMTP) -> None:
        if self._server.starttls:
            connection.starttls(context=self._tls or ssl.create_default_context())
        if self._server.username is None or self._server.password is None:
            return
        if not self._server.starttls and self._server.host not in _THIS_MACHINE:
            raise PermanentError("the password would cross the network in clear text; switch STARTTLS on")
        connection.login(self._server.username, self._server.password)

    def _mail(self, notification: Notification) -> EmailMessage:
        mail = EmailMessage()
        mail["From"] = self._server.sender
        mail["To"] = ", ".join(self._recipients)
        mail["Subject"] = notification.subject
        mail["Date"] = localtime()
        # The same for a mail that is sent again, so that mail programs show one.
        mail["Message-ID"] = f"<{re.sub('[^A-Za-z0-9.-]', '-', notification.key)}@{self._server.sender.split('@')[1]}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(notification.body)
        return mail


def _check_addresses(sender: str, recipients: Sequence[str]) -> None:
    places = [("sender", sender), *(("recipient", address) for address in recipients)]
    problems = [
        Problem(place, repr(address), "a mail address such as team@example.com")
        for place, address in places
        if not _ADDRESS.fullmatch(address)
    ]
    if not recipients:
        problems.append(Problem("recipients", "nobody", "at least one mail address"))
    if problems:
        raise InputError("Mail cannot be sent.", problems)


def _recipients_refused(answers: dict[str, tuple[int, bytes]]) -> ForecastPlatformError:
    said = "; ".join(f"{address} ({code} {_said(text)})" for address, (code, text) in answers.items())
    return _refused(f"not for {said}", [code for code, _ in answers.values()])


def _refused(said: str, codes: Iterable[int]) -> ForecastPlatformError:
    """Answers from 400 to 499 mean "later", 500 and above "never" (RFC 5321, 4.2.1)."""
    kind = PermanentError if any(code >= 500 for code in codes) else TransientError
    return kind(f"the server refused: {said}")


def _said(answer: bytes | str) -> str:
    return one_line(answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer)
