"""Notifications in a file on this machine, and the memory of what other carriers have delivered.

Belongs here: what is kept about notifications. Does not belong here: how the file survives (``ledger``).
"""

from __future__ import annotations

from pathlib import Path

from forecast_platform.notifications.ledger import KEY, Ledger
from forecast_platform.notifications.message import Notification
from forecast_platform.notifications.port import Notifier


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
    """Another carrier that is not asked again for what it has carried: runs may be reported more than once.

    A kill between the delivery and its record repeats the delivery; nothing is ever lost.

    Args:
        carrier: Who delivers.
        path: Where deliveries are remembered.
    """

    def __init__(self, carrier: Notifier, path: Path) -> None:
        self._carrier = carrier
        self._ledger = Ledger(path)
        self.name = carrier.name

    def send(self, notification: Notification) -> None:
        """Deliver ``notification`` unless that is done; raises what the carrier raises."""
        with self._ledger.locked() as ledger:
            if not ledger.holds(notification.key):
                self._carrier.send(notification)
                ledger.append(notification.key, {"carrier": self.name})
