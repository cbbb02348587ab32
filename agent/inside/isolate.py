"""Furnishes the namespaces the agent was started in (`unshare --net --mount --pid`): loopback up, own hosts file, private folders hidden.

Nothing here is needed in a container, where the engine does the same. The order matters: the machine is made read-only, then folders
are hidden, then what is kept is bound back.
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
# The same number on every architecture.
MOUNT_SETATTR, MOUNT_ATTR_RDONLY, AT_FDCWD, AT_RECURSIVE = 442, 1, -100, 0x8000
# Where programs write what nobody keeps. In memory, and not much of it.
SCRATCH, SCRATCH_SIZE = ("/tmp", "/var/tmp", "/dev/shm"), "512m"
SIOCGIFFLAGS, SIOCSIFFLAGS, SIOCSIFADDR, IFF_UP = 0x8913, 0x8914, 0x8916, 1


def isolate(command: dict) -> dict:
    notes: list[str] = []
    result = {"loopback": False, "hosts": False, "hidden": False, "notes": notes}
    steps = [("hidden", lambda: _hide(command["hide"], command["keep"], notes))]
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


def _hide(folders: list[str], keep: list[dict], notes: list[str]) -> None:
    """Each folder becomes an empty one; what is kept is held open across that and bound back to the same path."""
    _mount("none", "/", "", MS_REC | MS_PRIVATE)
    ordered = sorted(keep, key=lambda item: len(item.get("at") or item["path"]))
    kept = [(item, os.open(item["path"], os.O_PATH)) for item in ordered if os.path.exists(item["path"])]
    try:
        # Processes change their own settings below /proc.
        if not (_set_read_only("/", True) and _set_read_only("/proc", False)):
            notes.append("The machine's other folders are not read-only in the sandbox; what the app's account may write there, it can.")
        for folder in dict.fromkeys([*folders, *SCRATCH]):
            if os.path.isdir(folder):
                _mount("tmpfs", folder, "tmpfs", MS_NOSUID | MS_NODEV, f"mode=1777,size={SCRATCH_SIZE}" if folder in SCRATCH else "mode=755,size=64m")
        for item, handle in kept:
            _bind_back(item, handle, folders)
    finally:
        for _, handle in kept:
            os.close(handle)


def _set_read_only(path: str, recursive: bool) -> bool:
    """All mounts below `path` (or the one at it, made writable again). Kernels before 5.12 cannot."""
    libc = ctypes.CDLL(None, use_errno=True)
    attributes = struct.pack("QQQQ", MOUNT_ATTR_RDONLY if recursive else 0, 0 if recursive else MOUNT_ATTR_RDONLY, 0, 0)
    return libc.syscall(MOUNT_SETATTR, AT_FDCWD, path.encode(), AT_RECURSIVE if recursive else 0, attributes, len(attributes)) == 0


def make_writable(path: str) -> None:
    """One folder of those that are kept read-only, from now on."""
    _mount(path, path, "", MS_BIND | MS_REC)
    if not _set_read_only(path, False):
        _mount("none", path, "", MS_BIND | MS_REMOUNT | (_locked_flags(path) & ~MS_RDONLY))


def _bind_back(item: dict, handle: int, folders: list[str]) -> None:
    path = item.get("at") or item["path"]
    hidden = any(path.startswith(folder.rstrip("/") + "/") for folder in (*folders, *SCRATCH))
    if path == item["path"] and not hidden and not item["write"]:
        return
    source = f"/proc/self/fd/{handle}"
    if os.path.isdir(source):
        os.makedirs(path, mode=0o755, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
        open(path, "a").close()
    _mount(source, path, "", MS_BIND | MS_REC)
    if item["write"]:
        _set_read_only(path, False)
    else:
        try:
            _mount("none", path, "", MS_BIND | MS_REMOUNT | MS_RDONLY | _locked_flags(path))
        except OSError as error:
            print(f"{path} stays writable: {error}", file=sys.stderr)


def _locked_flags(path: str) -> int:
    """In a user namespace a remount must repeat the flags that the mount has already."""
    has = os.statvfs(path).f_flag
    return (has & (MS_NOSUID | MS_NODEV | 8 | 1024 | 2048)) | (1 << 21 if has & 4096 else 0)
