"""Tags: the rules AWS has for them.

Belongs here: reading and checking them. Does not belong here: the operations on them (``operations.tagging``).
"""

from __future__ import annotations

from forecast_platform.aws_peer.forecast import refusals

MOST_TAGS = 50


def read_tags(written: list[dict[str, str]]) -> dict[str, str]:
    """Tags as a request has them.

    Raises:
        ServiceError: ``InvalidInputException`` for a key given twice or reserved, ``LimitExceededException`` for more
            than a resource may have.
    """
    tags = {tag["Key"]: tag["Value"] for tag in written}
    if len(tags) < len(written):
        raise refusals.invalid_input("A tag key is given more than once; every key needs to be unique.")
    for key in tags:
        if key.lower().startswith("aws:"):
            raise refusals.invalid_input(f"The tag key {key} begins with aws:, which is reserved.")
    refuse_too_many(tags)
    return tags


def refuse_too_many(tags: dict[str, str]) -> None:
    """Raise ``LimitExceededException`` when a resource would have more tags than it may."""
    if len(tags) > MOST_TAGS:
        raise refusals.limit_exceeded(f"A resource can have at most {MOST_TAGS} tags.")
