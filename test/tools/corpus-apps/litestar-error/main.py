from litestar import Litestar, get


@get("/health")
async def health() -> dict[str, int]:
    return {"ok": 1 // 0}


app = Litestar([health], debug=False)
