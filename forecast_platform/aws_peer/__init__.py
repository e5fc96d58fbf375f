"""Amazon services spoken by this platform itself: protocol peers that existing AWS programs can be pointed at.

Belongs here: what all services share; a package per service. Does not belong here: clients of AWS (``aws``, the ports).
"""
