import json

from fastapi import FastAPI

SETTINGS = json.load_string("{}")
app = FastAPI()
