"""Writes every frame of the loopback to a file, until it is told to stop. Prints a line when it is ready."""

import socket
import sys

EVERY_PROTOCOL = 0x0003

with open(sys.argv[1], "wb", buffering=0) as capture:
    frames = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(EVERY_PROTOCOL))
    frames.setsockopt(socket.SOL_SOCKET, 33, 64 * 1024 * 1024)  # SO_RCVBUFFORCE: lose nothing
    frames.bind(("lo", 0))
    print("ready", flush=True)
    while True:
        capture.write(frames.recv(1 << 17))
