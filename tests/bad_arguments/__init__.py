"""Every public function meets bad arguments: the table, a module for each theme.

Each module has a dict ``TABLE``: for each name of the public interface, and each of its
parameters, a list of rows. A row is a call, written as one expression, and what comes
of it: an error of a type, whose message contains all the words; or, where the argument
is accepted on purpose, a result. The names that a call may use are those of ``world``.
"""
