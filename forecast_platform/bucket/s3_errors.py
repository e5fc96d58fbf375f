"""S3's refusals as this platform's errors, with what to do about them.

Belongs here: what obstore's failures and S3's codes mean. Does not belong here: "not there" and "already there", which
the bucket answers itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape

from forecast_platform.aws.errors import refusal
from forecast_platform.errors import ForecastPlatformError, PermanentError, TransientError

_STATUS = re.compile(r"status code: (\d{3})")
_CODE = re.compile(r"<Code>([^<]*)</Code>")
_MESSAGE = re.compile(r"<Message>([^<]*)</Message>")
_NO_BUCKET = "NoSuchBucket"
_DEBUG = "\n\nDebug source:"
_NO_CONDITIONS = "NotImplemented"
_ELSEWHERE = "redirect without LOCATION"
"""In what obstore makes of S3's answer that a bucket is in another region; it keeps neither status nor code."""


@contextmanager
def s3_failures(doing: str, *, conditional: bool = False) -> Iterator[None]:
    """Raise what obstore raises as this platform's errors.

    A missing object (``FileNotFoundError``) passes through.

    Args:
        doing: What was tried, e.g. ``read s3://forecasts/sales/params.json``.
        conditional: It was on a condition; that this does not hold passes through too: obstore's
            ``AlreadyExistsError`` and ``PreconditionError``, which it also makes of any other conflict.

    Raises:
        TransientError: S3 is throttling, out of order or out of reach, or the keys have expired.
        PermanentError: Anything else: denied, no such bucket, another region.
    """
    from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError

    try:
        yield
    except FileNotFoundError as error:
        if _NO_BUCKET not in str(error):
            raise
        raise _translated(doing, str(error)) from None
    except BaseError as error:
        if conditional and isinstance(error, AlreadyExistsError | PreconditionError):
            raise
        # Without a cause: obstore's own text repeats headers and signatures.
        raise _translated(doing, str(error)) from None


def _translated(doing: str, text: str) -> ForecastPlatformError:
    if _ELSEWHERE in text:
        return refusal(doing, "PermanentRedirect", "the bucket has to be asked for elsewhere", 301)
    status, code, message = _STATUS.search(text), _CODE.search(text), _MESSAGE.search(text)
    if status is None:
        return TransientError(f"AWS could not be asked to {doing}: {text.partition(_DEBUG)[0].strip()}")
    name = code[1] if code else status[1]
    error = refusal(doing, name, unescape(message[1]) if message else "", int(status[1]))
    if name == _NO_CONDITIONS:
        return PermanentError(f"{error} The server has no conditional writes, without which runs could lose results.")
    return error
