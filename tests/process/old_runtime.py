"""Becomes another program below an older container runtime, as it looks from inside: system calls that it does not know
are answered with an error, EPERM as libseccomp's profiles of that time did, or ENOSYS.

    old_runtime.py FIRST ERRNO NUMBER,NUMBER... -- PROGRAM...      FIRST and every later call; and these
"""
import ctypes
import os
import struct
import sys

LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06  # BPF_LD|W|ABS, BPF_JMP|JEQ|K, BPF_JMP|JGE|K, BPF_RET|K
ALLOW, ERRNO = 0x7FFF0000, 0x00050000
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, FILTER = 22, 38, 2


def program(first, error, numbers):
    def line(code, k, yes=0, no=0):
        return struct.pack("HBBI", code, yes, no, k)

    lines = [line(LOAD, 0)]
    lines += [line(AT_LEAST, first, len(numbers) + 1, 0)]
    for i, number in enumerate(numbers):
        lines.append(line(EQUAL, number, len(numbers) - i, 0))
    return b"".join(lines + [line(RETURN, ALLOW), line(RETURN, ERRNO | error)]), len(lines) + 2


def main():
    first, error, numbers = int(sys.argv[1]), int(sys.argv[2]), [int(n) for n in sys.argv[3].split(",") if n]
    text, count = program(first, error, numbers)
    code = ctypes.create_string_buffer(text)
    described = ctypes.create_string_buffer(struct.pack("HxxxxxxP", count, ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    for option, *values in ((PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (PR_SET_SECCOMP, FILTER, ctypes.addressof(described), 0, 0)):
        if libc.prctl(option, *(ctypes.c_ulong(value) for value in values)) != 0:
            raise OSError(ctypes.get_errno(), f"prctl {option}")
    os.execvp(sys.argv[5], sys.argv[5:])


main()
