from app.services import greet


class User:
    pass
