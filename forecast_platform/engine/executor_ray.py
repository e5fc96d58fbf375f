"""Runs work over chunks of series on a Ray cluster.

Belongs here: starting or joining a cluster, dealing chunks to it, and going on when parts of it die. Does not belong
here: what is computed, how series are cut into chunks (``executor``).

Ray is used as it is, without fugue. Fugue deals out rows of data frames, and statsforecast's own models. Our unit is
the chunk: one History with its covariates, which every candidate forecasts from several starts, ours as well as
statsforecast's. A chunk is one Ray task, so there is nothing that fugue would do for us. It also would cut the data
differently from a single process, and then the numbers had to be shown to be the same.

Chunks and answers travel as pickles that we make, as a process pool would send them. Arrays that Ray carries itself
come out read-only, and an algorithm that works in place would fail on the cluster only.
"""

from __future__ import annotations

import logging
import os
import pickle
import platform
import re
import secrets
import shutil
import signal
import socket
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import metadata
from importlib.util import find_spec
from types import TracebackType
from typing import Any, Self, TypeVar

import forecast_platform
from forecast_platform.engine.algorithms.contract import History
from forecast_platform.engine.version import ENGINE_VERSION
from forecast_platform.errors import InputError, MissingExtraError, Problem, TransientError

Answer = TypeVar("Answer")

LOCAL = "local"
"""The address that stands for a cluster of this machine's cores, which lives as long as the work."""

_ADDRESS = re.compile(r"(ray://)?(?P<host>[\w.-]+|\[[0-9a-fA-F:]+\]):(?P<port>\d{1,5})")
_SECONDS_TO_ANSWER = 5.0
"""Ray itself looks for a cluster that is not there for half a minute to two minutes, and may then end the process."""

_TRIES_AFTER_A_CRASH = 3
_CHUNKS_AHEAD_PER_CPU = 2
_LEAST_CHUNKS_AHEAD = 8
"""So that a cluster that grows with its load sees that there is some."""

_PICKLE = 5
_MUST_BE_THE_SAME = ("numpy", "statsforecast", "prophet", "torch", "chronos-forecasting")
"""Packages whose versions change numbers, as far as they are installed."""

_log = logging.getLogger(__name__)


class RayExecutor:
    """Works on a Ray cluster: one task per chunk, one CPU per task.

    A task whose worker process or node dies is started again, three times; after that its chunk is worked on in this
    process. An exception that the work raises is not tried again; it is raised here.

    Args:
        address: ``local`` starts a cluster on this machine that nobody else can reach, and ends it with the work.
            ``HOST:PORT`` joins a cluster that this machine is a node of; ``ray://HOST:PORT`` joins any cluster through
            its Ray Client port.
        cpus: Of a local cluster; ``None`` = one per core.

    Raises:
        InputError: The address is none of these.
    """

    def __init__(self, address: str, cpus: int | None = None) -> None:
        if address != LOCAL and not _ADDRESS.fullmatch(address):
            raise _malformed(address)
        self._address = address
        self._cpus = cpus
        self._ray: Any = None
        self._ends_ray = False
        self._folder: str | None = None
        self._on_sigterm: Any = None

    def __enter__(self) -> Self:
        """Start or join the cluster.

        Raises:
            MissingExtraError: Ray is not installed.
            TransientError: The cluster does not answer, or refuses.
        """
        if find_spec("ray") is None:
            raise MissingExtraError(f"FORECAST_PLATFORM_RAY_ADDRESS={self._address}", "ray")
        if self._address != LOCAL:
            _require_grpc(self._address)
        self._ray = _import_ray(self._address)
        # Whoever has started Ray in this process ends it, too.
        self._ends_ray = not self._ray.is_initialized()
        if self._ends_ray and self._address == LOCAL:
            self._start_local()
        elif self._ends_ray:
            self._join()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._ends_ray:
            self._end()

    def map(self, work: Callable[[History], Answer], chunks: Sequence[History]) -> Iterator[Answer]:
        """See :meth:`forecast_platform.engine.executor.Executor.map`.

        Raises:
            InputError: A node has other versions of what makes the numbers.
            TransientError: The connection to the cluster was lost.
        """
        if not chunks:
            return
        with self._losing_no_connection():
            ahead = max(_LEAST_CHUNKS_AHEAD, _CHUNKS_AHEAD_PER_CPU * int(self._ray.cluster_resources().get("CPU", 0)))
            task = self._ray.remote(num_cpus=1, max_retries=_TRIES_AFTER_A_CRASH)(answer_on_worker)
            packed, versions = self._ray.put(pickle.dumps(work, _PICKLE)), versions_that_matter()
        waiting: deque[tuple[History, Any]] = deque()
        try:
            for chunk in chunks:
                with self._losing_no_connection():
                    waiting.append((chunk, task.remote(packed, pickle.dumps(chunk, _PICKLE), versions)))
                if len(waiting) >= ahead:
                    yield self._answer(work, *waiting.popleft())
            while waiting:
                yield self._answer(work, *waiting.popleft())
        finally:
            # Left over when something was raised; asking a Ray that was shut down would start another one.
            if self._ray.is_initialized():
                for _, asked in waiting:
                    self._ray.cancel(asked)

    def _answer(self, work: Callable[[History], Answer], chunk: History, asked: Any) -> Answer:
        failed = self._ray.exceptions
        try:
            with self._losing_no_connection():
                answer: Answer = _unpack(self._ray.get(asked))
            return answer
        except failed.RayTaskError as error:
            raise error.cause from error
        except (
            failed.WorkerCrashedError,
            failed.OutOfMemoryError,
            failed.NodeDiedError,
            failed.LocalRayletDiedError,
            failed.ObjectLostError,
        ) as error:
            _log.warning("A chunk of %d series is worked on without Ray: %s", len(chunk.values), error)
            return work(chunk)

    @contextmanager
    def _losing_no_connection(self) -> Iterator[None]:
        """Turns a lost connection into an error that says so."""
        failed = self._ray.exceptions
        try:
            yield
        except failed.RayTaskError:
            raise  # the work itself may raise a ConnectionError
        except (ConnectionError, failed.RaySystemError, failed.RpcError) as error:
            raise TransientError(
                f"The connection to the Ray cluster at {self._address} was lost: {_first_line(error)}. Run it again; "
                "nothing was kept of this training or forecast."
            ) from error

    def _start_local(self) -> None:
        # A folder of its own, so that address="auto" elsewhere never finds this cluster, and its logs go away with it.
        # In /tmp, because the path of a socket may have 107 characters and TMPDIR can be long.
        self._folder = tempfile.mkdtemp(prefix="ray-", dir="/tmp" if os.name == "posix" else None)
        try:
            self._init(num_cpus=self._cpus, include_dashboard=False, _temp_dir=self._folder)
        except Exception as error:  # Ray raises RuntimeError, TimeoutError, OSError and Exception
            self._end()
            raise TransientError(f"A local Ray cluster could not be started: {_first_line(error)}.") from error

    def _join(self) -> None:
        try:
            self._init()
        except Exception as error:  # Ray raises ConnectionError, RuntimeError, ValueError, AssertionError and Exception
            self._end()
            raise TransientError(
                f"The Ray cluster at {self._address} could not be joined: {_first_line(error)}. Python and ray must "
                "have the same versions here and there, RAY_AUTH_TOKEN must be the cluster's, and HOST:PORT without "
                "ray:// needs this machine to be a node of the cluster (ray start --address=HOST:PORT)."
            ) from error

    def _init(self, **options: Any) -> None:
        self._on_sigterm = _on_sigterm()
        self._ray.init(address=self._address, log_to_driver=False, logging_level=logging.ERROR, **options)
        # Ray has replaced the reaction to SIGTERM by sys.exit. That suits a process that would just die of it, because
        # then the cluster ends, too. Dagster's own reaction has to stay.
        if callable(self._on_sigterm):
            signal.signal(signal.SIGTERM, self._on_sigterm)

    def _end(self) -> None:
        self._ray.shutdown()
        if self._on_sigterm is not None:
            signal.signal(signal.SIGTERM, self._on_sigterm)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def answer_on_worker(work: bytes, chunk: bytes, versions: dict[str, str]) -> bytes:
    """What a Ray task does, on a node.

    Args:
        work: Pickled; takes a History.
        chunk: Pickled History.
        versions: What :func:`versions_that_matter` says where the work is given out.

    Returns:
        The pickled answer.

    Raises:
        InputError: It says otherwise on this node.
    """
    found = versions_that_matter()
    if found != versions:
        raise _other_versions(found, versions)
    return pickle.dumps(_unpack(work)(_unpack(chunk)), _PICKLE)


def _unpack(pickled: bytes) -> Any:
    return pickle.loads(pickled)


def versions_that_matter() -> dict[str, str]:
    """What must be the same on every node for the numbers to be the same."""
    found = {"forecast_platform": forecast_platform.__version__, "its engine": ENGINE_VERSION}
    for package in _MUST_BE_THE_SAME:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "nothing"
    return found


def _other_versions(found: dict[str, str], expected: dict[str, str]) -> InputError:
    return InputError(
        "A node of the Ray cluster would make other numbers.",
        [
            Problem(
                f"Ray node {platform.node()}",
                f"{name} {found[name]}",
                f"{version}, as where the work is given out",
                "Install the same packages on every node.",
            )
            for name, version in expected.items()
            if found[name] != version
        ],
    )


def _malformed(address: str) -> InputError:
    return InputError(
        "The Ray cluster cannot be found.",
        [
            Problem(
                "environment variable FORECAST_PLATFORM_RAY_ADDRESS",
                repr(address),
                "local, HOST:PORT or ray://HOST:PORT",
                "The usual ports are 6379, and 10001 with ray://.",
            )
        ],
    )


def _import_ray(address: str) -> Any:
    """Ray, which reads these variables when it is imported."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    if address == LOCAL:
        # Whatever its name, on Linux too it makes Ray listen on 127.0.0.1 only; passing _node_ip_address does not.
        os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
        # Keeps other users of this machine out. Without one, Ray makes a token that stays in the home folder.
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    import ray
    import ray.exceptions

    return ray


def _require_grpc(address: str) -> None:
    """Find out within seconds whether something speaks Ray's protocol at the address.

    Raises:
        TransientError: Nothing does.
    """
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), _SECONDS_TO_ANSWER).close()
    except (OSError, OverflowError) as error:
        raise _no_answer(address, str(error)) from error
    if os.environ.get("RAY_USE_TLS", "0") not in ("0", ""):
        return  # needs the cluster's certificates; Ray's own, longer wait remains
    import grpc  # type: ignore[import-untyped]

    channel = grpc.insecure_channel(f"{host}:{port}")
    try:
        grpc.channel_ready_future(channel).result(timeout=_SECONDS_TO_ANSWER)
    except grpc.FutureTimeoutError:
        raise _no_answer(address, "something else than Ray listens there") from None
    finally:
        channel.close()


def _no_answer(address: str, reason: str) -> TransientError:
    return TransientError(
        f"No Ray cluster answers at {address}: {reason}. Check FORECAST_PLATFORM_RAY_ADDRESS: is the cluster running "
        "(ray status on its head), can this machine reach the port, and is it the right one (6379 for HOST:PORT, 10001 "
        "for ray://HOST:PORT, unless the cluster was started with others)? Without the variable, this machine does the "
        "work."
    )


def _on_sigterm() -> Any:
    """What this process does at SIGTERM; ``None`` where signals are none of our business."""
    return signal.getsignal(signal.SIGTERM) if threading.current_thread() is threading.main_thread() else None


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
