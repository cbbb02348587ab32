"""Registers, logs in and asks who it is, through the real app, and answers /selfcheck with what came back."""

import json

from src.main import app


async def call(method: str, path: str, body: dict | None = None, token: str | None = None) -> tuple[int, dict]:
    """One request straight into the ASGI app: the tree needs no HTTP client for this."""
    payload = b"" if body is None else json.dumps(body).encode()
    headers = [(b"host", b"localhost"), (b"content-type", b"application/json"), (b"content-length", str(len(payload)).encode())]
    if token is not None:
        headers.append((b"authorization", f"Bearer {token}".encode()))
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path, "raw_path": path.encode(),
        "query_string": b"", "headers": headers, "scheme": "http", "server": ("localhost", 80), "client": ("127.0.0.1", 1), "root_path": "",
        "state": {},
    }
    sent: list[dict] = []

    async def receive() -> dict:
        return {"type": "http.request", "body": payload, "more_body": False}

    async def send(message: dict) -> None:
        sent.append(message)

    await app(scope, receive, send)
    content = b"".join(message.get("body", b"") for message in sent)
    return sent[0]["status"], json.loads(content or b"{}")


@app.get("/selfcheck")
async def selfcheck() -> dict:
    person = {"email": "ada@example.com", "password": "Correct-Horse-7-Battery", "full_name": "Ada Lovelace"}
    registered, _ = await call("POST", "/api/auth/register", person)
    again, _ = await call("POST", "/api/auth/register", person)
    wrong, _ = await call("POST", "/api/auth/login", {**person, "password": "Wrong-Horse-7-Battery"})
    logged_in, token = await call("POST", "/api/auth/login", person)
    known, me = await call("GET", "/api/auth/me", token=token.get("access_token"))
    unknown, _ = await call("GET", "/api/auth/me")
    seen = [registered in (201, 409), again, wrong, logged_in, known, me.get("email"), unknown]
    if seen != [True, 409, 401, 200, 200, "ada@example.com", 401]:
        raise RuntimeError(f"selfcheck saw {seen}")
    return {"status": "ok"}
