"""A project's dashboard in QuickSight: what it consists of, and how it gets and stays there."""
