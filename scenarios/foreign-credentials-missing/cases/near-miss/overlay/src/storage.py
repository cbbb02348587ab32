import os


class MissingCredentialsError(RuntimeError):
    pass


def project() -> str:
    if not os.path.exists("/nowhere/key.json"):
        raise MissingCredentialsError("no credentials: put key.json beside the code")
    return "units"
