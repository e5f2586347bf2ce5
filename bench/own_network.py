"""A network namespace of its own for the whole measurement, where root may make one.

Why: a client that closes first leaves its port in TIME_WAIT. After some 28,000 fetches the kernel searches longer for a
free port than a fetch takes, and a new connection at 64 clients looks three times slower than it is, whoever serves.
In our own namespace the port range is wide and a port may be used again after a millisecond; the machine's settings
stay as they are, and nobody else's ports are in the way.
"""
import fcntl
import os
import socket
import struct
import sys

MARK = "SENTINEL_BENCH_OWN_NETWORK"
SIOCSIFFLAGS, IFF_UP = 0x8914, 0x1
SETTINGS = {"ip_local_port_range": "1024 65535", "tcp_tw_reuse_delay": "1"}


def enter():
    """Starts this program again in a namespace of its own; returns there, or here when that is not possible."""
    if MARK not in os.environ:
        if os.geteuid() != 0:
            return False
        os.execvpe("unshare", ["unshare", "--net", sys.executable, "-B", *sys.argv], {**os.environ, MARK: "1"})
    del os.environ[MARK]
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh", b"lo", IFF_UP))
    for name, value in SETTINGS.items():
        try:
            with open(f"/proc/sys/net/ipv4/{name}", "w") as file:
                file.write(value)
        except OSError as error:
            print(f"note: net.ipv4.{name} cannot be set here ({error.strerror}); TCP figures may suffer", file=sys.stderr)
    return True
