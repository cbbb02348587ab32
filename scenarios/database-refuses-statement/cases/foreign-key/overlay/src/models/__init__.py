from src.models.login import Login
from src.models.user import User

__all__ = ["Login", "User"]
