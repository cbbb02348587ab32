"""Reading files that an app may have replaced: the opening of a pipe would never end, and a device has no end."""
from __future__ import annotations

import errno
import os
import stat


def read_plain(path: str, limit: int) -> bytes:
    """At most `limit` bytes of a regular file. Raises OSError for everything else that may lie there."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "no regular file", path)
        return file.read(limit)
