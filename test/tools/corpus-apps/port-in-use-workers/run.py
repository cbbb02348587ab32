import os
import socket
import sys

held = socket.socket()
held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
held.bind(("127.0.0.1", 8437))
held.listen()
held.set_inheritable(True)
os.execv(sys.executable, [sys.executable, "-m", "uvicorn", "main:app", "--workers", "2", "--no-use-colors", "--port", "8437"])
