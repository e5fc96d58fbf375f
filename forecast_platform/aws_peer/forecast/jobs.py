"""The states that a resource goes through while it is made, and while it is deleted.

Belongs here: threads, delays, faults, what a restart goes on with. Does not belong here: what the work is (``work``).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from forecast_platform.aws_peer.faults import Fault, Faults
from forecast_platform.aws_peer.forecast.kinds import (
    ACTIVE,
    CREATE_FAILED,
    CREATE_IN_PROGRESS,
    CREATE_PENDING,
    CREATE_STOPPED,
    CREATE_STOPPING,
    DELETE_FAILED,
    DELETE_IN_PROGRESS,
    UNDER_WAY,
)
from forecast_platform.aws_peer.forecast.resources import Resource, ResourceStore
from forecast_platform.aws_peer.protocol.wire import read_document, write_document
from forecast_platform.errors import ForecastPlatformError

_LOOK_SECONDS = 0.02
_CLOSING_SECONDS = 30.0
_log = logging.getLogger(__name__)

Work = Callable[[Resource], dict[str, Any]]
"""Makes a resource; gives what that adds to its Describe answer."""
Forget = Callable[[Resource], None]


class Jobs:
    """Moves resources from state to state, each in a thread; few of them compute at once.

    Args:
        lock: Held while the store is changed.
        work: Makes a resource; may be called again after a kill.
        forget: Undoes it.
        delay: Seconds that every state lasts at least.
        workers: How many compute at once.
    """

    def __init__(
        self,
        store: ResourceStore,
        lock: threading.RLock,
        faults: Faults,
        work: Work,
        forget: Forget,
        *,
        delay: float,
        workers: int,
    ) -> None:
        self._store, self._lock, self._faults = store, lock, faults
        self._work, self._forget = work, forget
        self._delay, self._slots = delay, threading.BoundedSemaphore(workers)
        self._interrupts: dict[str, threading.Event] = {}
        self._threads: dict[str, threading.Thread] = {}
        self._closing = threading.Event()

    def resume(self) -> None:
        """Go on with what an earlier process left."""
        for resource in self._store:
            if resource.status in UNDER_WAY:
                self.make(resource.arn)
            elif resource.status == CREATE_STOPPING:
                self._end(resource.arn, CREATE_STOPPED)
            elif resource.status == DELETE_IN_PROGRESS:
                self.delete([resource.arn])

    def make(self, arn: str) -> None:
        """Make a resource that is pending; returns at once."""
        self._start(arn, self._make, arn)

    def stop(self, arn: str) -> None:
        """Stop making it; what it has computed is thrown away when it is done."""
        self._store.change(arn, status=CREATE_STOPPING, modified=time.time())
        if arn in self._interrupts:
            self._interrupts[arn].set()

    def delete(self, arns: list[str]) -> None:
        """Delete resources, in this order; returns at once."""
        for arn in arns:
            self._store.change(arn, status=DELETE_IN_PROGRESS, modified=time.time())
        self._start(arns[-1], self._delete, arns)

    def close(self) -> None:
        """End the threads, waiting a while for what they compute; a later process goes on with what is not done."""
        self._closing.set()
        with self._lock:
            threads = list(self._threads.values())
            for interrupt in self._interrupts.values():
                interrupt.set()
        until = time.monotonic() + _CLOSING_SECONDS
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _start(self, arn: str, target: Callable[..., None], argument: Any) -> None:
        interrupt = threading.Event()
        # A daemon: a peer that is told to end need not wait for a training.
        thread = threading.Thread(target=target, args=(argument, interrupt), name=arn, daemon=True)
        self._interrupts[arn], self._threads[arn] = interrupt, thread
        thread.start()

    def _make(self, arn: str, interrupt: threading.Event) -> None:
        resource = self._get(arn)
        if resource is None:
            return
        ending = self._ending(resource, interrupt)
        if self._closing.is_set():
            return
        self._end(arn, **ending)
        self._interrupts.pop(arn, None)
        self._threads.pop(arn, None)

    def _ending(self, resource: Resource, interrupt: threading.Event) -> dict[str, Any]:
        """The last state of a resource and what comes with it."""
        stopped = {"status": CREATE_STOPPED}
        if self._parents_under_way(resource, interrupt) or interrupt.wait(self._delay):
            return stopped
        self._change(resource.arn, CREATE_PENDING, CREATE_IN_PROGRESS)
        until = time.monotonic() + self._delay
        fault = self._faults.of_job(resource.kind.segment, resource.name)
        if fault is not None and self._suffers(fault, interrupt):
            return stopped
        ending = self._failed_by(fault) or self._worked(resource, interrupt)
        if interrupt.wait(max(0.0, until - time.monotonic())):
            return stopped
        return ending

    def _parents_under_way(self, resource: Resource, interrupt: threading.Event) -> bool:
        """Wait for what it is made from; whether that was interrupted."""
        while any(parent.status in UNDER_WAY for parent in map(self._get, resource.parents) if parent):
            if interrupt.wait(_LOOK_SECONDS):
                return True
        return False

    def _suffers(self, fault: Fault, interrupt: threading.Event) -> bool:
        """Take longer, perhaps for ever; whether that was interrupted."""
        if fault.effect == "slow":
            return interrupt.wait(fault.seconds)
        while fault.effect == "hang" and self._faults.lasts(fault):
            if interrupt.wait(_LOOK_SECONDS):
                return True
        return False

    def _failed_by(self, fault: Fault | None) -> dict[str, Any] | None:
        if fault is None or fault.effect != "fail":
            return None
        return {"status": CREATE_FAILED, "message": fault.message or "The job failed, by injection."}

    def _worked(self, resource: Resource, interrupt: threading.Event) -> dict[str, Any]:
        with self._slots:
            if interrupt.is_set():
                return {"status": CREATE_STOPPED}
            try:
                added = read_document(write_document(self._work(resource)))
            except ForecastPlatformError as error:
                return {"status": CREATE_FAILED, "message": str(error)}
            except Exception as error:
                # As AWS does: whatever happens to one job, the service goes on.
                _log.exception("%s", resource.arn)
                return {"status": CREATE_FAILED, "message": f"Internal error: {type(error).__name__}: {error}"}
        return {"status": ACTIVE, "document": {**resource.document, **added}}

    def _delete(self, arns: list[str], interrupt: threading.Event) -> None:
        interrupt.wait(self._delay)
        for arn in arns:
            resource = self._get(arn)
            if self._closing.is_set():
                return
            if resource is not None and not self._forgotten(resource):
                return
        self._threads.pop(arns[-1], None)

    def _forgotten(self, resource: Resource) -> bool:
        try:
            self._forget(resource)
        except Exception as error:
            # Whatever it is, the resource is still there and can be deleted again.
            _log.exception("%s", resource.arn)
            with self._lock:
                self._store.change(resource.arn, status=DELETE_FAILED, message=f"{type(error).__name__}: {error}")
            return False
        with self._lock:
            self._store.remove(resource.arn)
        return True

    def _get(self, arn: str) -> Resource | None:
        with self._lock:
            return self._store.get(arn)

    def _change(self, arn: str, before: str, after: str) -> None:
        with self._lock:
            resource = self._store.get(arn)
            if resource is not None and resource.status == before:
                self._store.change(arn, status=after, modified=time.time())

    def _end(self, arn: str, status: str, **members: Any) -> None:
        """Keep the last state, unless the resource was stopped meanwhile."""
        with self._lock:
            resource = self._store.get(arn)
            if resource is None:
                return
            if resource.status == CREATE_STOPPING:
                status, members = CREATE_STOPPED, {}
            self._store.change(arn, status=status, modified=time.time(), **members)
