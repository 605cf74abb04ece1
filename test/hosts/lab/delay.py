"""delay.py CARD CARD MS: passes every Ethernet frame from one card to the other, MS/2 milliseconds after it came, both ways.

Frames carry their virtio_net header, so that segments of up to 64 KiB and unfinished checksums pass as they are.
"""
import heapq, select, signal, socket, struct, sys, time

SOL_PACKET, ADD_MEMBERSHIP, VNET_HEADER, IGNORE_OUTGOING, ETH_P_ALL, PROMISCUOUS = 263, 1, 15, 23, 3, 1
LARGEST = 10 + 14 + 65536


def tap(card):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    s.setsockopt(SOL_PACKET, VNET_HEADER, 1)
    s.setsockopt(SOL_PACKET, IGNORE_OUTGOING, 1)
    for buffer in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        s.setsockopt(socket.SOL_SOCKET, buffer, 8 << 20)
    s.bind((card, ETH_P_ALL))
    s.setsockopt(SOL_PACKET, ADD_MEMBERSHIP, struct.pack('iHH8s', socket.if_nametoindex(card), PROMISCUOUS, 0, b''))
    s.setblocking(False)
    return s


def main(a, b, ms):
    ends = {tap(a): None, tap(b): None}
    left, right = ends
    ends[left], ends[right] = right, left
    waiting, number = [], 0
    print('ready', flush=True)
    while True:
        pause = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        for end in select.select(list(ends), [], [], pause)[0]:
            try:
                while True:
                    frame = end.recv(LARGEST)
                    number += 1
                    heapq.heappush(waiting, (time.monotonic() + ms / 2000, number, ends[end], frame))
            except OSError:  # nothing more, or the card is down
                pass
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, end, frame = heapq.heappop(waiting)
            try:
                end.send(frame)
            except OSError:  # lost, as on a wire
                pass


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
