"""A network of the test's own, in which the addresses of the metadata services belong to us.

    link_local.enter()                        # in setUpClass, or first thing in the file: before anything is started
    with Standin(link_local=True) as aws:     # answers at ADDRESSES, too, on port 80

The calling thread, and every process that it starts from then on, see a loopback device and nothing else. Needs root (or
leave to make network namespaces): available() says so. The way back is the end of the process.
"""
import ctypes
import subprocess
import unittest

CLONE_NEWNET = 0x40000000
# Which listener answers at which addresses: those that botocore knows for EC2, ECS and EKS.
ADDRESSES = {"imds": ("169.254.169.254", "fd00:ec2::254"), "container": ("169.254.170.2", "169.254.170.23", "fd00:ec2::23")}
PORT = 80


def _run(*arguments):
    subprocess.run(arguments, check=True, stdin=subprocess.DEVNULL)


def available():
    return subprocess.run(["unshare", "--net", "ip", "link", "set", "lo", "up"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def enter():
    """Skips the test where there is no leave to."""
    if not available():
        raise unittest.SkipTest("needs a network namespace of its own: start the tests as root")
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare(CLONE_NEWNET)")
    _run("ip", "link", "set", "lo", "up")
    for address in (address for addresses in ADDRESSES.values() for address in addresses):
        width = "128" if ":" in address else "32"
        _run("ip", "address", "add", f"{address}/{width}", "dev", "lo", *(["nodad"] if ":" in address else []))
