
__all__ = ["User"]
