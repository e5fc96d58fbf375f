"""A bucket on S3, or on a server that speaks as S3 does and has conditional writes.

Belongs here: the requests that make the protocol. Does not belong here: connections (``s3_store``) and what errors mean
(``s3_errors``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from secrets import token_hex
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

from forecast_platform.aws.errors import aws_failures
from forecast_platform.bucket.keys import check_key, check_prefix
from forecast_platform.bucket.protocol import StoredObject
from forecast_platform.bucket.s3_errors import s3_failures
from forecast_platform.bucket.s3_store import listing_client, store
from forecast_platform.bucket.s3_stream import open_stream
from forecast_platform.errors import TransientError

if TYPE_CHECKING:
    from obstore import UpdateVersion
    from obstore.store import S3Store

_WRITER = "writer"
"""Metadata of objects that were written on a condition: tells a writer whose answer was lost that it has won."""
_PART = 8 * 1024 * 1024
_ATTEMPTS = 5


@dataclass(frozen=True)
class S3Bucket:
    """The :class:`~forecast_platform.bucket.Bucket` protocol on S3.

    A value: it holds no connection, and may be pickled. Those of its process are made at its first request. Objects
    whose keys the protocol refuses (the ``folder/`` markers of the console, hidden names) are passed over.

    A version is the object's ETag. Two writes of the same bytes may share one, so :meth:`compare_and_swap` compares
    contents: it cannot tell that an object was changed and changed back in between. That is as good for callers whose
    decision rests on what they have read, as all of this platform's do.

    Attributes:
        bucket: Its name.
        prefix: Folder in which all keys live; empty = the bucket's root.
        kms_key_arn: Key that encrypts what is written; ``None`` = the bucket's own encryption.
    """

    bucket: str
    prefix: str = ""
    kms_key_arn: str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "prefix", check_prefix(self.prefix).removesuffix("/"))

    def uri(self, key: str = "") -> str:
        """``s3://bucket/prefix/key``; a trailing slash, for a folder, is kept."""
        return "/".join(part for part in (f"s3://{self.bucket}", self.prefix, check_prefix(key)) if part)

    def below(self, prefix: str) -> S3Bucket:
        """The folder ``prefix`` as a bucket of its own."""
        joined = "/".join(part for part in (self.prefix, check_prefix(prefix)) if part)
        return S3Bucket(self.bucket, joined, kms_key_arn=self.kms_key_arn)

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        """All objects whose key starts with ``prefix``, ordered by key.

        They are put in order here: S3 lists by key, but SeaweedFS lists ``a/b`` before ``a-b``.
        """
        return iter(sorted(self.scan(prefix), key=attrgetter("key")))

    def scan(self, prefix: str = "") -> Iterator[StoredObject]:
        """The same in the server's order, a page of 1,000 at a time.

        boto3 and not obstore, which shows the marker ``folder/`` as an object ``folder`` and ends a listing at a key
        such as ``a//b``.
        """
        base = f"{self.prefix}/" if self.prefix else ""
        pages = listing_client().get_paginator("list_objects_v2")
        found = iter(pages.paginate(Bucket=self.bucket, Prefix=f"{base}{check_prefix(prefix)}"))
        while True:
            with aws_failures(f"list {self.uri(prefix)}"):
                page = next(found, None)
            if page is None:
                return
            for entry in page.get("Contents", ()):
                key = entry["Key"].removeprefix(base)
                if _may_name(key):
                    # HEAD tells whole seconds only, and both must say the same.
                    modified = entry["LastModified"].replace(microsecond=0)
                    yield StoredObject(key, entry["Size"], modified, entry["ETag"])

    def head(self, key: str) -> StoredObject | None:
        """The object's listing entry, or ``None``; also when there is no such bucket, which S3 does not tell here."""
        import obstore
        from obstore.exceptions import BaseError

        path, connections = self._path(key), self._store
        try:
            try:
                meta = obstore.head(connections, path)
            except BaseError:
                # Answers to HEAD have no body, and so no reason; GET tells it, or gets through.
                with s3_failures(f"look at {self.uri(key)}"):
                    meta = obstore.get(connections, path).meta
        except FileNotFoundError:
            return None
        return StoredObject(key, meta["size"], meta["last_modified"].replace(microsecond=0), meta["e_tag"] or "")

    def read(self, key: str) -> bytes:
        """The whole object. Raises ``KeyError`` when there is none."""
        import obstore

        path = self._path(key)
        try:
            with s3_failures(f"read {self.uri(key)}"):
                return bytes(obstore.get(self._store, path).bytes())
        except FileNotFoundError:
            raise KeyError(key) from None

    def open(self, key: str) -> BinaryIO:
        """The object as a seekable stream that reads what is asked for only. Raises ``KeyError`` when there is none.

        Reading raises ``TransientError`` when the object was replaced meanwhile.
        """
        path = self._path(key)
        try:
            return open_stream(self._store, path, self.uri(key))
        except FileNotFoundError:
            raise KeyError(key) from None

    def write(self, key: str, data: bytes) -> None:
        """Put ``data`` at ``key`` in one step; what is large is sent in parts, which appear together."""
        import obstore

        with s3_failures(f"write {self.uri(key)}"):
            obstore.put(self._store, self._path(key), data, chunk_size=_PART)

    def create(self, key: str, data: bytes) -> bool:
        """Put ``data`` at ``key`` only if nothing is there; S3 lets one writer win."""
        for _ in range(_ATTEMPTS):
            outcome = self._put_if(key, data, "create")
            if outcome is not None:
                return outcome
        raise TransientError(f"{self.uri(key)} keeps being deleted while it is written.")

    def compare_and_swap(self, key: str, data: bytes, version: str | None) -> bool:
        """Replace the object only if its version is still ``version`` (``None`` = it does not exist)."""
        if version is None:
            return self.create(key, data)
        return bool(self._put_if(key, data, {"e_tag": version}))

    def delete(self, key: str) -> None:
        """Remove the object."""
        import obstore

        try:
            with s3_failures(f"delete {self.uri(key)}"):
                obstore.delete(self._store, self._path(key))
        except FileNotFoundError:
            return

    def _put_if(self, key: str, data: bytes, condition: Literal["create"] | UpdateVersion) -> bool | None:
        """Whether ``data`` was put; ``None`` = the condition did not hold and yet there is nothing."""
        import obstore
        from obstore.exceptions import AlreadyExistsError, PreconditionError

        path, mark = self._path(key), token_hex(16)
        try:
            with s3_failures(f"write {self.uri(key)}", conditional=True):
                obstore.put(self._store, path, data, mode=condition, attributes={_WRITER: mark})
            return True
        except (AlreadyExistsError, PreconditionError, FileNotFoundError):
            # A first try may have got through although its answer was a fault of the server.
            writer = self._writer(key)
            return None if writer is None else writer == mark

    def _writer(self, key: str) -> str | None:
        """The mark of who wrote the object on a condition, empty if nobody did; ``None`` = there is no object."""
        import obstore

        options: Any = {"head": True}
        try:
            with s3_failures(f"look at {self.uri(key)}"):
                attributes: Any = obstore.get(self._store, self._path(key), options=options).attributes
        except FileNotFoundError:
            return None
        return str(attributes.get(_WRITER, ""))

    def _path(self, key: str) -> str:
        return f"{self.prefix}/{check_key(key)}" if self.prefix else check_key(key)

    @property
    def _store(self) -> S3Store:
        return store(self.bucket, self.kms_key_arn)


def _may_name(key: str) -> bool:
    try:
        check_key(key)
    except ValueError:
        return False
    return True
