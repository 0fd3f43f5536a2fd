"""The load test: large graphs, long training, interrupts everywhere, many threads.

``python -m tests.load`` runs it at full size and prints its figures; the tests in
``test_load`` run it smaller. Read the source in this order: ``graphs`` (large graphs
with known derivatives), ``public`` (every public function on them), ``child`` (one of
these in a process of its own, with limits), ``growth`` (memory and time of many steps),
``strike`` (Ctrl-C at every place), ``interrupts`` (what must hold then), ``threads``.
"""
