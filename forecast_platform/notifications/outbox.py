"""Notifications in a file on this machine, and the memory of what other carriers have delivered.

Belongs here: what is kept about notifications. Does not belong here: how the file survives (``ledger``).
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from forecast_platform.errors import PermanentError
from forecast_platform.notifications.ledger import KEY, Ledger, OpenLedger
from forecast_platform.notifications.message import Notification
from forecast_platform.notifications.port import Notifier

_DUE = "due/"


class Outbox:
    """JSON lines, one per notification; the same end of the same run is written once."""

    def __init__(self, path: Path) -> None:
        self._ledger = Ledger(path)
        self.name = f"outbox {path}"

    def send(self, notification: Notification) -> None:
        """Write ``notification`` unless it is there already; when this returns it is on the disk."""
        with self._ledger.locked() as ledger:
            if not ledger.holds(notification.key):
                ledger.append(notification.key, notification.to_json())

    def notifications(self) -> list[Notification]:
        """Everything that was ever sent, oldest first."""
        entries = self._ledger.entries()
        return [Notification.from_json({name: entry[name] for name in entry if name != KEY}) for entry in entries]


class DeliveredOnce:
    """Another carrier that is asked until it has carried, and then not again: runs may be reported more than once.

    A kill between the delivery and its record repeats the delivery; nothing is ever lost.

    Args:
        carrier: Who delivers.
        path: Where what is due and what is done are remembered.
    """

    def __init__(self, carrier: Notifier, path: Path) -> None:
        self._carrier = carrier
        self._ledger = Ledger(path)
        self.name = carrier.name

    def send(self, notification: Notification) -> None:
        """Deliver ``notification`` unless that is done; raises what the carrier raises."""
        with self._ledger.locked() as ledger:
            if ledger.holds(notification.key):
                return
            if not ledger.holds(_DUE + notification.key):
                ledger.append(_DUE + notification.key, notification.to_json())
            self._deliver(notification, ledger)

    def deliver_due(self, project: str) -> int:
        """Try again what the carrier could not carry for ``project``; returns how many it has now.

        Raises:
            TransientError: It still cannot; what is left stays due.
        """
        with self._ledger.locked() as ledger:
            entries = {entry[KEY]: entry for entry in ledger.entries()}
            due = [
                Notification.from_json({name: entry[name] for name in entry if name != KEY})
                for key, entry in entries.items()
                if key.startswith(_DUE) and key.removeprefix(_DUE) not in entries
            ]
            ours = [notification for notification in due if notification.project == project]
            for notification in ours:
                with suppress(PermanentError):  # recorded, and said when it was tried first
                    self._deliver(notification, ledger)
        return len(ours)

    def _deliver(self, notification: Notification, ledger: OpenLedger) -> None:
        try:
            self._carrier.send(notification)
        except PermanentError as error:
            ledger.append(notification.key, {"carrier": self.name, "refused": str(error)})
            raise
        ledger.append(notification.key, {"carrier": self.name})
