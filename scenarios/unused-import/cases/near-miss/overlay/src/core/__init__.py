from src.core.config import settings
