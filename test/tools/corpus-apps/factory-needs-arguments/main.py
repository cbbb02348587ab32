from fastapi import FastAPI


def create_app(settings) -> FastAPI:
    return FastAPI()
