"""The plan as C: a loop for each instruction, and nothing to link but libm.

Read the source in this order: ``spelling`` (primitives as C expressions), ``loops``
(what every file shares), ``functions`` (one C function for each shape of instruction),
``program`` (the calls of a plan), ``scalars`` (an update as one loop), ``file`` (the
whole text), ``build`` (a compiler, and a cache of what it built), ``run`` and ``train``
(calls from Python), ``export`` (a file for other programs).
"""
