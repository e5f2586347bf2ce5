"""The command of a sentinel run that changes the run's policy and measures when the change bites.

  change.py QUESTION.json ANSWER.json     both written and read by bench/run
Asks one request after another over the Unix socket; a change bites with the first one that is answered otherwise.
"""
import json
import os
import socket
import sys
import time
import urllib.request

PATIENCE_S = 30


def status():
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(os.environ["SENTINEL_UNIX_SOCKET"])
        client.sendall(b"GET /creds HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: "
                       + os.environ["SENTINEL_AUTH_TOKEN"].encode() + b"\r\n\r\n")
        answer = b""
        while part := client.recv(65536):
            answer += part
    return int(answer.split()[1])


def in_file(path, text):
    with open(path + ".new", "w") as file:
        file.write(text)
    os.rename(path + ".new", path)


def in_parameter(url, name, text):
    body = json.dumps({"op": "put_parameter", "name": name, "value": text}).encode()
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(urllib.request.Request(url, body)).close()


def milliseconds_until(wanted, change, pause):
    begin = time.perf_counter()
    change()
    while status() != wanted:
        if time.perf_counter() - begin > PATIENCE_S:
            sys.exit("change.py: the policy was changed, and nothing came of it")
        time.sleep(pause)
    return (time.perf_counter() - begin) * 1000


def main():
    with open(sys.argv[1]) as file:
        question = json.load(file)
    taken = []
    for round_number in range(question["rounds"]):
        deny = round_number % 2 == 0
        text = question["denying"] if deny else question["allowing"]
        if "path" in question:
            taken.append(milliseconds_until(403 if deny else 200, lambda: in_file(question["path"], text), 0))
        else:
            taken.append(milliseconds_until(403 if deny else 200,
                                            lambda: in_parameter(question["control"], question["name"], text), 0.05))
    with open(sys.argv[2], "w") as file:
        json.dump(sorted(taken), file)


main()
