from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Upstream(BaseSettings):
    model_config = SettingsConfigDict(env_file=".env")

    retries: int = Field(default=3, le=10)


upstream = Upstream()
