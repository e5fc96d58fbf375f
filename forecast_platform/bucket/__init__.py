"""The object store behind a small protocol, and the layout of a project's prefix in it."""

from forecast_platform.bucket.protocol import Bucket, StoredObject

__all__ = ["Bucket", "StoredObject"]
