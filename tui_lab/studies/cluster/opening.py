"""A cluster from what is typed after `--on`."""

from __future__ import annotations

from importlib.util import find_spec

from tui_lab.errors import UsageError
from tui_lab.studies.cluster.boxes import BoxSupply
from tui_lab.studies.cluster.executor import ClusterExecutor
from tui_lab.studies.cluster.places import OverDask, OverSlurm, OverSsh, Place, place
from tui_lab.studies.cluster.roster import Say
from tui_lab.studies.cluster.slurm import SlurmSupply, require_slurm
from tui_lab.studies.cluster.supply import FoundScheduler, Supply

_ALL = 10_000
_MODULES = {
    OverSsh: ("distributed", "cryptography"),
    OverSlurm: ("dask_jobqueue", "cryptography"),
    OverDask: ("distributed",),
}


def checked(on: str) -> Place:
    """The place that is meant; raises `UsageError` where it is none, or can't be used from here."""
    found = place(on)
    if any(find_spec(name) is None for name in _MODULES[type(found)]):
        raise UsageError("--on needs what is not installed: pip install 'tui-lab[cluster]'.")
    if isinstance(found, OverSlurm):
        require_slurm()
    return found


def open_cluster(on: str, slots: int, device: str, say: Say) -> ClusterExecutor:
    """Room for at most `slots` runs at once there, on such a `device` ("auto", "cpu", "cuda…").
    Nodes come in the time after; `say` is called with a sentence whenever something changes.
    Raises `UsageError` as `checked` does."""
    return ClusterExecutor(_supply(checked(on), slots, say), slots, device, say)


def usual_room(on: str) -> int:
    """How many runs go on at once there where nobody says: one on each box or job, and all that
    a cluster takes that is there already. Raises `UsageError` as `checked` does."""
    match checked(on):
        case OverSsh(boxes):
            return len(boxes)
        case OverSlurm(jobs):
            return jobs or 1
        case OverDask():
            return _ALL


def _supply(found: Place, slots: int, say: Say) -> Supply:
    match found:
        case OverSsh():
            return BoxSupply(found, slots, say)
        case OverSlurm():
            return SlurmSupply(found, slots, say)
        case OverDask(address):
            return FoundScheduler(address)
