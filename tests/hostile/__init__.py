"""A standing attack on what reads files: ``python -m tests.hostile --minutes 1``.

Good files are damaged in every way that we know of, and read in a process whose memory
is limited and in which an audit hook refuses all but reading that very file.
"""
