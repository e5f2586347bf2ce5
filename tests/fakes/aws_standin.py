#!/usr/bin/python3
"""A local AWS for tests and the demo: STS, SSM, KMS and DynamoDB, every SigV4 signature verified with botocore's own signer;
and on ports of their own what else credentials come from (LISTENERS).

  aws_standin.py [--port 0] [--ready-file F] [--tls --ca-out F] [--config WORLD.json] [--link-local] [--proxy]

Prints one line, its URL, when it serves; --ready-file gets the same as JSON {url, urls: {listener: url}, control_url, ca_file,
pid}, whole or not at all. Ends with its parent. Which account it plays: world.py. What can be made to go wrong: faults.py.
How a test starts and steers it: standin_client.py.
"""
import argparse
import ctypes
import json
import os
import shutil
import signal
import socket
import socketserver
import ssl
import sys
import tempfile
import threading
from http.server import ThreadingHTTPServer

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import aws_hosts  # noqa: E402
import link_local  # noqa: E402
import throwaway_ca  # noqa: E402
from call import AwsCall  # noqa: E402
from connection import StandinHandler  # noqa: E402
from container_endpoint import ContainerCall  # noqa: E402
from control import Control, ControlHandler  # noqa: E402
from faults import Faults  # noqa: E402
from forward_proxy import ProxyHandler  # noqa: E402
from instance_metadata import InstanceCall  # noqa: E402
from sign_in_calls import SignInCall  # noqa: E402
from sso_calls import SsoCall  # noqa: E402
from tvm_gateway import TvmCall  # noqa: E402
from world import World  # noqa: E402

PR_SET_PDEATHSIG = 1


def read_aws(scheme, method, path, headers, body):
    """The sign-ins have paths of their own, everything else is asked at "/": one AWS_ENDPOINT_URL leads to all of them."""
    return next((kind for kind in (SsoCall, SignInCall) if kind.is_meant(path)), AwsCall)(scheme, method, path, headers, body)


# name            what reads its requests, TLS: where the stand-in has it, never, or else there is no such listener
LISTENERS = {
    "aws": (read_aws, "with"),
    "tvm": (TvmCall, "with"),
    "imds": (InstanceCall, "never"),
    "container": (ContainerCall, "never"),
    "container_tls": (ContainerCall, "only"),
}


class Server(ThreadingHTTPServer):
    """Listens on 127.0.0.1 only (or at an address of link_local.py), one thread per connection. `members` are what the handler
    finds in self.server."""
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port, handler, address="127.0.0.1", **members):
        vars(self).update(members)
        self.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        super().__init__((address, port), handler)

    def server_bind(self):
        socketserver.TCPServer.server_bind(self)   # HTTPServer's would look the name up
        self.server_name, self.server_port = self.server_address[:2]

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], (OSError, ValueError)):   # a peer that went away is no news
            super().handle_error(request, client_address)


def end_with_parent(scratch):
    """The kernel ends this process when its parent does. Meant is the thread that started it, see prctl(2)."""
    def end(*_):
        if scratch:
            shutil.rmtree(scratch, ignore_errors=True)
        os._exit(0)

    signal.signal(signal.SIGTERM, end)
    parent = os.getppid()
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:   # it ended just before the kernel was asked
        end()


def tls_context(ca_out, names):
    directory = tempfile.mkdtemp(prefix="aws-standin-")
    try:
        ca, certificate, key = throwaway_ca.make(directory, names)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        shutil.copyfile(ca, ca_out)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    return context


def write_whole(path, text):
    """Nobody who waits for the file sees half of it."""
    with open(path + ".part", "w") as file:
        file.write(text)
    os.rename(path + ".part", path)


def listener(port, read_call, tls, **members):
    return Server(port, StandinHandler, read_call=read_call, tls=tls, scheme="https" if tls else "http", **members)


def parse_arguments(words=None):
    parser = argparse.ArgumentParser(description="A local STS, SSM, KMS and DynamoDB that verifies every signature.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--control-port", type=int, default=0)
    parser.add_argument("--ready-file")
    parser.add_argument("--config", help="JSON file, see world.py; without it the default world")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--ca-out", help="where the certificate of the throw-away CA is written")
    parser.add_argument("--link-local", action="store_true", help="answer at the addresses of link_local.py, too")
    parser.add_argument("--proxy", action="store_true", help="with --tls: a proxy through which AWS's own hosts are we")
    parser.add_argument("--scratch", help="a directory that is removed when the stand-in ends with its parent")
    arguments = parser.parse_args(words)
    if arguments.tls != bool(arguments.ca_out):
        parser.error("--tls and --ca-out go together")
    if arguments.proxy and not arguments.tls:
        parser.error("--proxy needs --tls: a proxy is asked for https")
    return arguments


def read_config(path):
    if not path:
        return None
    with open(path) as file:
        return json.load(file)


def main(words=None):
    """`words`: the arguments, where they are not those of the command line."""
    arguments = parse_arguments(words)
    end_with_parent(arguments.scratch)
    world, faults, log = World(read_config(arguments.config)), Faults(), []
    world.hosts = aws_hosts.table(world.regions) if arguments.proxy else {}
    tls = tls_context(arguments.ca_out, aws_hosts.certificate_names(world.hosts)) if arguments.tls else None
    servers = {name: listener(arguments.port if name == "aws" else 0, read_call, None if when == "never" else tls,
                              world=world, faults=faults, log=log)
               for name, (read_call, when) in LISTENERS.items() if tls or when != "only"}
    also = [listener(link_local.PORT, LISTENERS[name][0], None, address=address, world=world, faults=faults, log=log)
            for name, addresses in link_local.ADDRESSES.items() for address in addresses] if arguments.link_local else []
    control = Server(arguments.control_port, ControlHandler, control=Control(world, faults, log))
    if arguments.proxy:
        servers["proxy"] = Server(0, ProxyHandler, world=world, faults=faults, log=log, scheme="http",
                                  ports={name: server.server_port for name, server in servers.items()})
    for server in (control, *servers.values(), *also):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    urls = {name: f"{server.scheme}://127.0.0.1:{server.server_port}" for name, server in servers.items()}
    if arguments.ready_file:
        write_whole(arguments.ready_file, json.dumps({
            "url": urls["aws"], "urls": urls, "control_url": f"http://127.0.0.1:{control.server_port}", "ca_file": arguments.ca_out,
            "pid": os.getpid()}))
    print(urls["aws"], flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
