#!/usr/bin/python3
"""A user's mfa_process in tests: prints a one-time code of the device that is right now and was not used yet.

  print_mfa_code.py CONTROL_URL SERIAL
"""
import json
import sys
import urllib.request

if __name__ == "__main__":
    control_url, serial = sys.argv[1:]
    request = urllib.request.Request(control_url, json.dumps({"op": "mfa_code", "serial": serial}).encode())
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
        print(json.load(answer)["ok"])
