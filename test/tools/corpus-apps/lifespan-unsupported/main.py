async def app(scope, receive, send):
    if scope["type"] != "http":
        raise RuntimeError("only http")
    raise ValueError("every request fails")
