import os
from pathlib import Path

from dotenv import load_dotenv

load_dotenv(Path(__file__).parent / ".env")

CONNINFO = (
    f"host={os.environ['PGHOST']} port={os.environ['PGPORT']} user={os.environ['PGUSER']} "
    f"password={os.environ['PGPASSWORD']} dbname={os.environ['PGDATABASE']}"
)
POOL_MAX = int("a few")
