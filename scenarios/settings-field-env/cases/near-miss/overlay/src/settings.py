from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_file=".env")

    default: str = Field(..., validation_alias="UNIT_DEFAULT")
    digits: int = Field(2, validation_alias="UNIT_DIGITS")


settings = Settings()
