"""The standing attack: random programs, each judged by everyone who knows the answer.

``python -m tests.attack --minutes N --seed S`` draws programs over all primitives and
all layers and losses of ``nn``, and compares each: reverse mode against forward mode,
against the gradient as a graph, against compiled code, against PyTorch, and against
mpmath at 50 digits. It prints how many programs a minute, and each disagreement as a
minimal program that can be pasted and run.

Read the source in this order: ``operations`` (what programs are made of), ``program``
(what a program is), ``drawing`` (programs at random), ``reference`` (the chain rule at
50 digits), ``point`` (an eager run with the scales of its roundings), ``judges``,
``compiled`` and ``packs`` (who compares what), ``shrink``, ``campaign``, and ``faults``
(what the attack must find).
"""
