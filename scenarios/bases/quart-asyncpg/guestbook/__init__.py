from guestbook.application import app

__all__ = ["app"]
