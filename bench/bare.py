"""`bare.py PATH WORD…`: starts uvicorn with these words as anybody would, asks for PATH until it answers 200, prints `bare SECONDS`, ends it."""

import http.client
import subprocess
import sys
import time

PORT = 8090
GIVE_UP_AFTER = 60

path, *words = sys.argv[1:]
began = time.monotonic()
server = subprocess.Popen([sys.executable, "-m", "uvicorn", *words, "--port", str(PORT), "--no-use-colors"])
try:
    while time.monotonic() - began < GIVE_UP_AFTER and server.poll() is None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=5)
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                print(f"bare {time.monotonic() - began:.3f}", flush=True)
                break
        except OSError:
            time.sleep(0.005)
finally:
    server.kill()
    server.wait()
