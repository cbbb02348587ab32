"""Furnishes the namespaces the agent was started in (`unshare --net --mount --pid`): loopback up, own hosts file, private folders hidden.

Nothing here is needed in a container, where the engine does the same.
"""
from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
import sys

MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
MS_NOSUID, MS_NODEV = 2, 4
SIOCGIFFLAGS, SIOCSIFFLAGS, SIOCSIFADDR, IFF_UP = 0x8913, 0x8914, 0x8916, 1


def isolate(command: dict) -> dict:
    notes: list[str] = []
    result = {"loopback": False, "hosts": False, "hidden": False, "notes": notes}
    steps = [("hidden", lambda: _hide(command["hide"], command["keep"]))]
    if command["network"] == "own":
        steps = [("loopback", lambda: _loopback_up(command["addresses"])), ("hosts", lambda: _hosts(command["hosts"], command["address"])), *steps]
    for key, step in steps:
        try:
            step()
            result[key] = True
        except OSError as error:
            notes.append(f"The sandbox's {key} could not be set up: {error}.")
    return result


def _loopback_up(addresses: list[str]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(control, SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))
        for number, address in enumerate(addresses, 1):
            # struct ifreq: the name of an alias, then a sockaddr_in.
            alias = struct.pack("16sHH4s8x", f"lo:{number}".encode(), socket.AF_INET, 0, socket.inet_aton(address))
            fcntl.ioctl(control, SIOCSIFADDR, alias)


def _mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(source.encode(), target.encode(), kind.encode(), flags, options.encode() or None) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), target)


def _hosts(names: list[str], address: str) -> None:
    plain = [name for name in names if name not in ("localhost", "127.0.0.1", "::1", "0.0.0.0")]
    # In memory of the agent's own mount namespace: no file of the host is written.
    _mount("tmpfs", "/mnt", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=1m")
    with open("/mnt/hosts", "w", encoding="utf-8") as file:
        file.write("127.0.0.1 localhost\n::1 localhost ip6-localhost\n" + "".join(f"{address} {name}\n" for name in plain))
    os.chmod("/mnt/hosts", 0o644)
    _mount("/mnt/hosts", os.path.realpath("/etc/hosts"), "", MS_BIND)


def _hide(folders: list[str], keep: list[dict]) -> None:
    """Each folder becomes an empty one; what is kept is held open across that and bound back to the same path."""
    _mount("none", "/", "", MS_REC | MS_PRIVATE)
    ordered = sorted(keep, key=lambda item: len(item.get("at") or item["path"]))
    kept = [(item, os.open(item["path"], os.O_PATH)) for item in ordered if os.path.exists(item["path"])]
    try:
        for folder in folders:
            if os.path.isdir(folder):
                _mount("tmpfs", folder, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=64m")
        for item, handle in kept:
            _bind_back(item, handle, folders)
    finally:
        for _, handle in kept:
            os.close(handle)


def _bind_back(item: dict, handle: int, folders: list[str]) -> None:
    path = item.get("at") or item["path"]
    if path == item["path"] and not any(path.startswith(folder.rstrip("/") + "/") for folder in folders):
        return
    source = f"/proc/self/fd/{handle}"
    if os.path.isdir(source):
        os.makedirs(path, mode=0o755, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
        open(path, "a").close()
    _mount(source, path, "", MS_BIND | MS_REC)
    if not item["write"]:
        try:
            _mount("none", path, "", MS_BIND | MS_REMOUNT | MS_RDONLY | _locked_flags(path))
        except OSError as error:
            print(f"{path} stays writable: {error}", file=sys.stderr)


def _locked_flags(path: str) -> int:
    """In a user namespace a remount must repeat the flags that the mount has already."""
    has = os.statvfs(path).f_flag
    return (has & (MS_NOSUID | MS_NODEV | 8 | 1024 | 2048)) | (1 << 21 if has & 4096 else 0)
