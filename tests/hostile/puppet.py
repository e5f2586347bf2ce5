"""A client of Sentinel that does what a test tells it: as the command of a run, or as a stranger outside of it.

    puppet.py                      obeys lines on stdin: {"do": NAME, ...}; answers each by one line of JSON
    puppet.py NAME '{"...": ...}'  does one thing, prints the answer, ends

The functions below are the things. Whatever they need of a run (address, token) is in the environment, as it is for
every command, or given: what a thief took along.
"""
import array
import ctypes
import json
import os
import re
import resource
import signal
import shlex
import socket
import subprocess
import sys
import time

CONNECTIONS = {}  # by name: sockets that outlive one order
LIMIT = 30.0      # seconds until an answer is given up


def address(env=None):
    """("unix", path) or ("tcp", port) of the run."""
    env = env or os.environ
    if env.get("SENTINEL_UNIX_SOCKET"):
        return "unix", env["SENTINEL_UNIX_SOCKET"]
    return "tcp", int(re.search(r":(\d+)/", env["AWS_CONTAINER_CREDENTIALS_FULL_URI"]).group(1))


def own_token(env=None):
    env = env or os.environ
    return env.get("SENTINEL_AUTH_TOKEN") or env.get("AWS_CONTAINER_AUTHORIZATION_TOKEN")


def new_socket(env=None):
    family = socket.AF_UNIX if address(env)[0] == "unix" else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.settimeout(LIMIT)
    return made


def join(sock, env=None):
    kind, where = address(env)
    sock.connect(where if kind == "unix" else ("127.0.0.1", where))
    return sock


def head(token=None, path="/creds", more=(), env=None):
    """A good request; token "" leaves the header out, None takes our own."""
    lines = [f"GET {path} HTTP/1.1", "Host: localhost", *more]
    token = own_token(env) if token is None else token
    if token:
        lines.append(f"Authorization: {token}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def read_answer(sock):
    """One HTTP answer: status (0: none came), head, body as text."""
    data = b""
    try:
        while b"\r\n\r\n" not in data:
            part = sock.recv(65536)
            if not part:
                return {"status": 0, "head": data.decode("latin-1"), "body": ""}
            data += part
        top, body = data.split(b"\r\n\r\n", 1)
        length = int(re.search(rb"content-length: (\d+)", top, re.I).group(1))
        while len(body) < length:
            part = sock.recv(65536)
            if not part:
                break
            body += part
    except OSError as error:
        return {"status": 0, "head": data.decode("latin-1"), "body": "", "error": str(error)}
    return {"status": int(top.split()[1]), "head": top.decode("latin-1"), "body": body.decode("latin-1")}


def ask(sock, data):
    """What a cut-off connection does is an answer, too: status 0."""
    try:
        sock.sendall(data)
    except OSError:
        pass
    return read_answer(sock)


def fetch(token=None, path="/creds", more=(), env=None):
    try:
        with new_socket(env) as sock:
            join(sock, env)
            return ask(sock, head(token, path, more, env))
    except OSError as error:
        return {"status": 0, "head": "", "body": "", "error": str(error)}


def raw(data):
    """Sends these bytes (latin-1) and reads until the end: everything that came."""
    received = b""
    with new_socket() as sock:
        join(sock)
        try:
            sock.sendall(data.encode("latin-1"))
            while part := sock.recv(65536):
                received += part
        except OSError:
            pass
    return received.decode("latin-1")


def run_helper():
    """What an SDK does in Unix mode: runs the credential_process of the generated config."""
    with open(os.environ["AWS_CONFIG_FILE"]) as file:
        program = re.search(r"^credential_process = (.*)$", file.read(), re.M).group(1)
    done = subprocess.run(shlex.split(program), capture_output=True, text=True)
    return {"code": done.returncode, "stdout": done.stdout, "stderr": done.stderr}


def environment():
    return dict(os.environ)


def pid():
    return os.getpid()


# ---- connections that stay ----------------------------------------------------------------------------------------

def open_connection(name, data=""):
    CONNECTIONS[name] = join(new_socket())
    if data:
        CONNECTIONS[name].sendall(data.encode("latin-1"))


def open_silent(count):
    """Connections that never say a word."""
    for i in range(count):
        CONNECTIONS[f"silent-{len(CONNECTIONS)}-{i}"] = join(new_socket())
    return len(CONNECTIONS)


def ask_on(name, token=None):
    return ask(CONNECTIONS[name], head(token))


def hear_on(name):
    return read_answer(CONNECTIONS[name])


def close_connection(name):
    CONNECTIONS.pop(name).close()


# ---- crowds -------------------------------------------------------------------------------------------------------

HOARD = []


def hoard(count, here=False):
    """So many open sockets: in a child that then sleeps, or here. The child's pid."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, count + 256) if hard > 0 else count + 256, hard))
    if here:
        HOARD.extend(socket.socket() for _ in range(count))
        return os.getpid()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        HOARD.extend(socket.socket() for _ in range(count))
        os.write(writing, b"x")
        time.sleep(600)
        os._exit(0)
    os.read(reading, 1)
    return child


def fetch_as_an_sdk():
    """Asks again after a 503, as they do; every status that came."""
    heard = []
    while not heard or (heard[-1] == 503 and len(heard) < 20):
        heard.append(fetch()["status"])
    return heard


def crowd(clients):
    """So many new processes ask at the same moment: what each heard."""
    ready, go = os.pipe()
    ends = []
    for _ in range(clients):
        reading, writing = os.pipe()
        if os.fork() == 0:
            os.close(go)
            os.read(ready, 1)  # until the parent closes its end
            os.write(writing, json.dumps(fetch_as_an_sdk()).encode())
            os._exit(0)
        os.close(writing)
        ends.append(reading)
    os.close(ready)
    os.close(go)
    heard = []
    for reading in ends:
        with os.fdopen(reading) as file:
            heard.append(json.load(file))
    for _ in range(clients):
        os.wait()
    return heard


def flood():
    """Asks without a pause until SIGTERM comes; says the first answer at once, and at the end which others there were."""
    heard, said = set(), False
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        while True:
            heard.add(fetch()["status"])
            if not said:
                print(*heard, flush=True)
                said = True
    finally:
        print(json.dumps(sorted(heard)), flush=True)


# ---- ways out of the tree -----------------------------------------------------------------------------------------

def give_connection(to):
    """Connects, and hands the connection to whoever listens at the Unix socket `to`."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
        other.connect(to)
        with join(new_socket()) as mine:
            other.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [mine.fileno()]))])


def ask_on_given(at):
    """Waits at the Unix socket `at` for somebody's connection, and asks on it with our token."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(at + ".new")
        os.chmod(at + ".new", 0o777)
        listener.listen()
        listener.settimeout(LIMIT)
        os.rename(at + ".new", at)
        other, _ = listener.accept()
    with other:
        other.settimeout(LIMIT)
        _, control, _, _ = other.recvmsg(1, socket.CMSG_SPACE(4))
    os.unlink(at)
    with socket.socket(fileno=array.array("i", control[0][2][:4])[0]) as given:
        given.settimeout(LIMIT)
        return ask(given, head())


def daemon(report, wait_for=""):
    """Double fork and setsid; the daemon waits for the file `wait_for`, fetches, and writes the answer to `report`."""
    first = os.fork()
    if first:
        os.waitpid(first, 0)
        return None
    os.setsid()
    if os.fork():
        os._exit(0)
    while wait_for and not os.path.exists(wait_for):
        time.sleep(0.02)
    answer = dict(fetch(), pid=os.getpid(), parent=os.getppid(), session=os.getsid(0))
    with open(report + ".new", "w") as file:
        json.dump(answer, file)
    os.rename(report + ".new", report)
    os._exit(0)


def sleeper():
    """A child that sleeps until it is killed; its pid."""
    child = os.fork()
    if child == 0:
        time.sleep(600)
        os._exit(0)
    return child


def connect_and_die(data=""):
    """A child connects (and sends), gives its connection to us, and ends."""
    shared = new_socket()
    child = os.fork()
    if child == 0:
        join(shared)
        if data:
            shared.sendall(data.encode("latin-1"))
        os._exit(0)
    os.waitpid(child, 0)
    CONNECTIONS["of-the-dead"] = shared
    return child


def send_and_close(count):
    """Asks and closes at once, without waiting: clients that the kernel reports as uid 0, inode 0."""
    for _ in range(count):
        sock = join(new_socket())
        sock.sendall(head())
        sock.close()


# ---- attacks on other processes -------------------------------------------------------------------------------------

SYS_PROCESS_VM_READV, SYS_PIDFD_OPEN, SYS_PIDFD_GETFD, SYS_KCMP = 310, 434, 438, 312  # x86-64
PTRACE_ATTACH, PTRACE_SEIZE, PTRACE_DETACH = 16, 0x4206, 17


def look_into(pid):
    """Tries every way of an ordinary user into another process: by name, "refused" or what was got."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.restype = libc.syscall.restype = ctypes.c_long

    def file(name):
        try:
            with open(f"/proc/{pid}/{name}", "rb") as opened:
                return f"{len(opened.read(64))} bytes" if name != "mem" else "opened"
        except OSError:
            return "refused"

    def folder(name):
        try:
            return str(os.listdir(f"/proc/{pid}/{name}"))
        except OSError:
            return "refused"

    def link(name):
        try:
            return os.readlink(f"/proc/{pid}/{name}")
        except OSError:
            return "refused"

    def trace(request):
        if libc.ptrace(ctypes.c_long(request), ctypes.c_long(pid), None, None) != 0:
            return "refused"
        if request == PTRACE_ATTACH:
            os.waitpid(pid, 0)  # its stop; else it would stay stopped
        libc.ptrace(ctypes.c_long(PTRACE_DETACH), ctypes.c_long(pid), None, None)
        return "attached"

    def take_descriptor():
        handle = libc.syscall(SYS_PIDFD_OPEN, pid, 0)
        got = [number for number in range(12) if libc.syscall(SYS_PIDFD_GETFD, handle, number, 0) >= 0]
        os.close(handle)
        return f"descriptors {got}" if got else "refused"

    def read_memory():
        buffer = ctypes.create_string_buffer(8)
        own = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 8)
        theirs = (ctypes.c_void_p * 2)(0x1000, 8)
        got = libc.syscall(SYS_PROCESS_VM_READV, pid, own, 1, theirs, 1, 0)
        return "refused" if got < 0 and ctypes.get_errno() == 1 else f"errno {ctypes.get_errno()}"  # 1: EPERM

    return {"mem": file("mem"), "environ": file("environ"), "maps": file("maps"), "auxv": file("auxv"),
            "stack": file("syscall"), "fd": folder("fd"), "fdinfo": folder("fdinfo"), "map_files": folder("map_files"),
            "exe": link("exe"), "cwd": link("cwd"), "attach": trace(PTRACE_ATTACH), "seize": trace(PTRACE_SEIZE),
            "pidfd_getfd": take_descriptor(), "process_vm_readv": read_memory()}


def obey():
    for line in sys.stdin:
        order = json.loads(line)
        try:
            answer = {"ok": globals()[order.pop("do")](**order)}
        except Exception as error:  # the test wants to know, whatever it is
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(globals()[sys.argv[1]](**json.loads(sys.argv[2]))), flush=True)
    else:
        print(json.dumps({"ok": os.getpid()}), flush=True)
        obey()
