"""What every JSON 1.1 service of the peer shares.

Belongs here: shapes, checks, errors, wire types. Does not belong here: what one service does (a package per service) or
sockets (``server``).
"""
