import os
from pathlib import Path

from dotenv import load_dotenv

load_dotenv(Path(__file__).parent / ".env")

CONNINFO = "postgresql+psycopg://links:links-local@localhost:5434/links"
POOL_MAX = int(os.getenv("POOL_MAX", "4"))
