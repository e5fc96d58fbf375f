"""Who may ask a server that listens to this machine only.

Belongs here: what an address of this machine is. Does not belong here: servers.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from urllib.parse import urlsplit


@lru_cache(maxsize=256)
def is_loopback(host: str) -> bool:
    """Whether ``host`` (a name or an address) is this machine, seen from itself."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@lru_cache(maxsize=256)
def asked_locally(host_header: str) -> bool:
    """Whether the header ``Host`` names this machine.

    A page of another site could point a name of its own at 127.0.0.1 and ask as the person who looks at it.
    """
    try:
        host = urlsplit(f"//{host_header}").hostname
    except ValueError:
        return False
    return host is not None and is_loopback(host)
