"""Names of distributions."""
from __future__ import annotations

import re


def normal(name: str) -> str:
    """PEP 503: `Psycopg2_Binary` is `psycopg2-binary`."""
    return re.sub(r"[-_.]+", "-", name).lower()
