"""ARNs as Amazon Forecast makes them.

Belongs here: how one is put together. Does not belong here: which resources there are.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_RANDOM_BITS = 80


@dataclass(frozen=True)
class Arns:
    """Makes the ARNs of one account in one region."""

    region: str
    account: str

    def arn(self, segment: str, *names: str) -> str:
        """``arn:aws:forecast:REGION:ACCOUNT:SEGMENT/NAME/NAME``."""
        return f"arn:aws:forecast:{self.region}:{self.account}:{segment}/{'/'.join(names)}"


def last_names(arn: str) -> str:
    """What follows the kind: ``sales/monday`` of ``…:dataset-import-job/sales/monday``."""
    return arn.rpartition(":")[2].partition("/")[2]


def unique_suffix() -> str:
    """What AWS puts behind the names of auto predictors and all that is made from them: ``_01`` and 24 characters.

    It is a ULID: milliseconds since 1970 and random bits, in Crockford's base 32.
    """
    number = (int(time.time() * 1000) << _RANDOM_BITS) | secrets.randbits(_RANDOM_BITS)
    digits = []
    for _ in range(26):
        number, digit = divmod(number, 32)
        digits.append(_CROCKFORD[digit])
    return f"_{''.join(reversed(digits))}"
