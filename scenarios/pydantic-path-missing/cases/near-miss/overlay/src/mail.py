from pydantic import BaseModel


class Mailer(BaseModel):
    letter: str


with open("welcome.txt") as text:
    mailer = Mailer(letter=text.read())
