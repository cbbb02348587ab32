import logging
import sys

from loguru import logger


class Intercept(logging.Handler):
    def emit(self, record):
        logger.opt(depth=6, exception=record.exc_info).log(record.levelname, record.getMessage())


logger.remove()
logger.add(sys.stderr, colorize=True)
for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
    logging.getLogger(name).handlers = []
    logging.getLogger(name).propagate = True
logging.getLogger().handlers = [Intercept()]
logging.getLogger().setLevel(logging.INFO)
