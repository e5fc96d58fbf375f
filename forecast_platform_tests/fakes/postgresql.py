"""A real PostgreSQL on loopback, from whatever packages are installed, that tests may also kill.

Belongs here: finding, making, starting and ending a server. Does not belong here: what is stored in it.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_DEBIAN = "/usr/lib/postgresql"
_STARTED_SECONDS = 60


@dataclass
class PostgreSql:
    """A server with the user and the database ``dagster``.

    Attributes:
        folder: Its data, its log, and the socket.
        owner: The user it runs as; PostgreSQL refuses to be root.
    """

    programs: Path
    folder: Path
    port: int
    owner: str | None
    password: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    process: subprocess.Popen[bytes] | None = None

    def make(self) -> None:
        """Make an empty cluster; the way in is the password, also on the socket."""
        (self.folder / "password").write_text(self.password)
        if self.owner:
            for path in (self.folder, self.folder / "password"):
                shutil.chown(path, self.owner, pwd.getpwnam(self.owner).pw_gid)
        options = ["--username=dagster", "--auth=scram-sha-256", f"--pwfile={self.folder / 'password'}"]
        plain = ["--encoding=UTF8", "--locale=C", "--no-sync"]
        self._run("initdb", "-D", str(self.folder / "data"), *options, *plain)
        self.start()
        self._run("psql", *self._connection("postgres"), "-c", "CREATE DATABASE dagster")

    def start(self) -> None:
        """Start and wait until it answers; also after :meth:`kill`."""
        listening = ["-c", "listen_addresses=127.0.0.1", "-p", str(self.port), "-k", str(self.folder)]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(self.programs / "postgres"), "-D", str(self.folder / "data"), *listening],
                stdout=log,
                stderr=log,
                **self._as_owner(),
            )
        deadline = time.monotonic() + _STARTED_SECONDS
        while self._answers() is False:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL does not start:\n{(self.folder / 'log').read_text()[-3000:]}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End it as a machine that is shut down does: connections are cut, everything is written."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """``kill -9``. Its children notice and end too; only then can it be started again."""
        self._end(signal.SIGKILL)
        lock = self.folder / "data" / "postmaster.pid"
        deadline = time.monotonic() + _STARTED_SECONDS
        while self._children() and time.monotonic() < deadline:
            time.sleep(0.02)
        lock.unlink(missing_ok=True)

    def environment(self) -> Mapping[str, str]:
        """The variables with which ``deploy/compose/dagster.yaml`` finds it."""
        return {
            "DAGSTER_POSTGRES_HOST": "127.0.0.1",
            "DAGSTER_POSTGRES_PORT": str(self.port),
            "DAGSTER_POSTGRES_PASSWORD": self.password,
        }

    def _end(self, how: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait(timeout=_STARTED_SECONDS)
        self.process = None

    def _answers(self) -> bool:
        return self._run("pg_isready", *self._connection("postgres"), check=False).returncode == 0

    def _children(self) -> list[int]:
        """Processes whose working folder is the data: PostgreSQL's, and nobody else's."""
        import psutil

        data = str(self.folder / "data")
        return [one.pid for one in psutil.process_iter(["cwd"]) if one.info["cwd"] == data]

    def _connection(self, database: str) -> list[str]:
        return ["-h", "127.0.0.1", "-p", str(self.port), "-U", "dagster", "-d", database]

    def _run(self, program: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [str(self.programs / program), *arguments], check=check, capture_output=True, **self._as_owner()
        )

    def _as_owner(self) -> dict[str, Any]:
        # In a folder that the other user may be in; libpq takes the password from the environment.
        identity = (
            {"user": self.owner, "group": pwd.getpwnam(self.owner).pw_gid, "extra_groups": []} if self.owner else {}
        )
        environment = {"PATH": os.defpath, "PGPASSWORD": self.password, "LC_ALL": "C"}
        return {"cwd": str(self.folder), "env": environment, **identity}


def programs() -> Path | None:
    """The folder with PostgreSQL's programs, newest version first; ``None`` = it is not installed."""
    versions = Path(_DEBIAN).glob("*/bin/initdb")
    found = sorted(versions, key=lambda path: float(path.parts[-3]), reverse=True)
    on_path = shutil.which("initdb")
    return found[0].parent if found else Path(on_path).resolve().parent if on_path else None


def unprivileged_user() -> str | None:
    """Whom a root process runs PostgreSQL as; ``None`` = this process is not root's."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@contextmanager
def running_postgresql(port: int) -> Iterator[PostgreSql]:
    """A new server, gone with all its data at the end."""
    found = programs()
    assert found is not None
    # Not pytest's folder: that one is closed to the user PostgreSQL runs as.
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
    server = PostgreSql(found, folder, port, unprivileged_user())
    try:
        server.make()
        yield server
    finally:
        if server.process is not None:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)
