from rich.traceback import install

install(width=100)

import broken
