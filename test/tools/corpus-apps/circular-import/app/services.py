from app.models import User


def greet(user: User) -> str:
    return "hi"
