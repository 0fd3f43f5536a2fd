"""The standing attack: random programs, each judged by everyone who knows the answer.

``python -m tests.attack --minutes N --seed S`` draws programs over all primitives, some
of a person's own, and all layers and losses of ``nn``, and compares each: reverse mode
with forward mode, with the gradient as a graph, with compiled code, with steps of
training, with PyTorch, and with mpmath at 50 digits; second derivatives likewise. It
prints how many programs a minute, and each disagreement as a minimal program that can
be pasted and run. Where eager code raises, compiled code is to raise, or to be finite.

Read the source in this order: ``operations`` (what programs are made of), ``program``
(what a program is), ``drawing`` and ``nets`` (programs at random, and regular ones),
``reference`` (the chain rule at 50 digits), ``point`` (an eager run with the scales of
its roundings), ``judges``, ``others``, ``compiled``, ``sources``, ``packs`` and
``training`` (who compares what), ``shrink``, ``campaign``, and ``faults`` with
``faults_of_plans`` (what the attack must find).
"""
