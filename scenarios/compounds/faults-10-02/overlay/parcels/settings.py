from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings)
    model_config = SettingsConfigDict(env_prefix="PARCELS_")

    db_host: str = "postgres"
    db_port: int = 5432
    db_user: str = "parcels"
    db_password: str
    db_name: str = "parcels"

    @property
    def sqlalchemy_url(self) -> str:
        return f"postgresql://{self.db_user}:{self.db_password}@{self.db_host}:{self.db_port}/{self.db_name}"


settings = Settings()
