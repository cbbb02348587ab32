import os

from pydantic import BaseModel, HttpUrl


class Upstream(BaseModel):
    url: HttpUrl
    retries: int = 3


RATES_URL = os.environ["RATES_URL"]
upstream = Upstream(url=RATES_URL, retries=5)
