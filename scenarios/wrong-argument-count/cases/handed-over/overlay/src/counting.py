class CountRequests:
    """Counts what it passes on."""

    def __init__(self):
        self.count = 0

    async def __call__(self, scope, receive, send):
        self.count += 1
        await self.app(scope, receive, send)
