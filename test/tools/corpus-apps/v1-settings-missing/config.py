from pydantic import BaseSettings


class Settings(BaseSettings):
    database_url: str
    secret_key: str
    port: int = 8000


settings = Settings()
