import json
import os

from dotenv import load_dotenv

load_dotenv()

SHOWN = json.loads(os.environ["SHOWN_UNITS"])
