"""Studies on other machines, through dask.distributed: who is there, what runs on them, and its
mirror in the home of the lab.

A trial's worker writes its log on its node as everywhere; here stands a copy of it, byte for byte,
that is read and commanded as any run.
"""
