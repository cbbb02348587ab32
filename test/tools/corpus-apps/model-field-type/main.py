from fastapi import FastAPI
from pydantic import BaseModel


class Handle:
    pass


class Item(BaseModel):
    handle: Handle


app = FastAPI()
