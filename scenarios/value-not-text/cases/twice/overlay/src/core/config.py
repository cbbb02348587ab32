"""Settings, read once from the environment and `.env`."""

from pydantic import Field, PostgresDsn
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

    app_name: str = "Auth backend"
    database_url: PostgresDsn
    secret_key: str = Field(min_length=32)
    access_token_minutes: int = 30
    allowed_origins: list[str] = []
    sql_echo: bool = False


settings = Settings()
