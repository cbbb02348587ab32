from pathlib import Path

from pydantic import BaseModel, DirectoryPath

HERE = Path(__file__).resolve().parent


class Mailer(BaseModel):
    sender: str
    templates: DirectoryPath


mailer = Mailer(
    sender="units@example.com",
    templates=Path(HERE, "letters"),
)
