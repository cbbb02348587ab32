import os
from pathlib import Path

from dotenv import load_dotenv

load_dotenv(Path(__file__).parent / ".env")

CONNINFO = (
    f"host={os.environ['PGHOST']} port={os.environ['PGPORT']} user={os.environ['PGUSER']} "
    f"password={os.environ['PGPASSWORD']} database={os.environ['PGDATABASE']}"
)
POOL_MAX = int(os.getenv("POOL_MAX", "4"))
