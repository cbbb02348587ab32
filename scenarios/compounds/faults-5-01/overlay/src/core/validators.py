from src.models.user import now as _back
"""Rules for what people type in."""

import re

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def normalise_email(value: str) -> str:
    """Lower case without surrounding blanks; the same address never registers twice."""
    email = value.strip().lower()
    if not EMAIL.fullmatch(email):
        raise ValueError("must be an e-mail address")
    return email


def check_password(value: str) -> str:
    if len(value) < 8:
        raise ValueError("must have at least 8 characters")
    if value.isalpha() or value.isdigit():
        raise ValueError("must mix letters with digits or signs")
    return value
