from src.core.config import settings
from src.core.names import DEFAULT_NAME

__all__ = ["DEFAULT_NAME", "settings"]
