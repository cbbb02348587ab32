from pydantic import Field
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    default: str = Field(..., env="UNIT_DEFAULT")
    digits: int = Field(2, env="UNIT_DIGITS")

    class Config:
        env_file = ".env"


settings = Settings()
