"""A chain of a million nodes, on a small stack and with the collector off.

Run as a program by ``test_laws_resources``: a walk that recursed would overflow the
recursion limit or the stack, and what is not freed by counting references stays.
"""

from __future__ import annotations

import copy
import gc
import sys
import threading

from autograd import Value, gradient

NODES = 1_000_000
RECURSION_LIMIT = 100
STACK_BYTES = 2 << 20  # a recursion over the nodes would need a thousand times as much


def work() -> None:
    free = sys.getallocatedblocks()
    x, weight = Value(1.0), Value(1.0 - 1e-7)
    y = x
    for _ in range(NODES // 2):
        y = y * weight + 1e-7
    y.backward()
    print("grad", x.grad)

    twin, x_twin = copy.deepcopy([y, x])
    print("copied", twin is not y and (twin.data, twin.grad) == (y.data, y.grad))
    del y
    print("same gradient", gradient(twin, x_twin) == x.grad == x_twin.grad)
    used = sys.getallocatedblocks() - free
    del twin
    left = sys.getallocatedblocks() - free
    print("freed", used > NODES and left < NODES // 100)


if __name__ == "__main__":
    gc.disable()
    sys.setrecursionlimit(RECURSION_LIMIT)
    threading.stack_size(STACK_BYTES)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    print("limit untouched", sys.getrecursionlimit() == RECURSION_LIMIT)
