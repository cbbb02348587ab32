from functools import lur_cache as lru_cache

from pydantic import BaseModel, Field, PostgresDsn, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class DatabaseSettings(BaseModel):
    url: PostgresDsn
    pool_size: int = Field(default=5, ge=1, le=50)
    echo: bool = False


class ApiSettings(BaseModel):
    title: str = "Bookings"
    cors_origins: list[str] = []
    token: SecretStr = Field(min_length=32)


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="BOOKINGS__", env_nested_delimiter="__")

    database: DatabaseSettings
    api: ApiSettings


@lru_cache
def get_settings() -> Settings:
    return Settings()
