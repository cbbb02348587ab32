from dataclasses import dataclass

from passlib.context import CryptContext

passwords = CryptContext(schemes=["bcrypt"])


@dataclass(frozen=True)
class Account:
    name: str
    hash: str


ADMIN = Account("admin", passwords.hash("change me"))
