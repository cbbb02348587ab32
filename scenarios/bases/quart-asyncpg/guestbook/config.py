from environs import Env

env = Env()
env.read_env()

DATABASE_URL: str = env.str("GUESTBOOK_DATABASE_URL")
POOL_SIZE: int = env.int("GUESTBOOK_POOL_SIZE", 4)
SECRET_KEY: str = env.str("GUESTBOOK_SECRET_KEY")
