"""The port to whatever carries a notification, and how several are used at once.

Belongs here: the protocol and the rule that no carrier's failure hides another's. Does not belong here: carriers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from forecast_platform.errors import PermanentError, TransientError
from forecast_platform.notifications.message import Notification


class Notifier(Protocol):
    """One way of telling people."""

    @property
    def name(self) -> str:
        """What it is called in messages about its failures."""
        ...

    def send(self, notification: Notification) -> None:
        """Carry ``notification``.

        Raises:
            TransientError: Trying again later can help.
            PermanentError: It cannot, until somebody changes something.
        """
        ...


def notify_all(notifiers: Sequence[Notifier], notification: Notification) -> None:
    """Have every one of ``notifiers`` carry ``notification``, also when some of them fail.

    Raises:
        TransientError: Some failed, and trying again can help at least one of them.
        PermanentError: Some failed, and trying again cannot help.
            Both name every failure and have all of them as their cause, an :class:`ExceptionGroup`.
    """
    failures: list[Exception] = []
    messages: list[str] = []
    for notifier in notifiers:
        try:
            notifier.send(notification)
        except Exception as failure:
            failures.append(failure)
            messages.append(f"{notifier.name}: {failure}")
    if not failures:
        return
    message = (
        f"{len(failures)} of {len(notifiers)} ways of telling “{notification.subject}” failed. {'; '.join(messages)}"
    )
    kind = TransientError if any(isinstance(failure, TransientError) for failure in failures) else PermanentError
    raise kind(message) from ExceptionGroup(message, failures)
