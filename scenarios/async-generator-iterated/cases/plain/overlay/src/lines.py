async def lines():
    for text in ("one", "two"):
        yield text
