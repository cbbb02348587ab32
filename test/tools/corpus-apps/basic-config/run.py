import logging

import uvicorn

logging.basicConfig(level=logging.INFO)
uvicorn.run("main:app", port=8437, log_config=None, lifespan="on")
