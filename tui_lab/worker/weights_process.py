"""The parent's handle on a process that writes the weights of a run. No torch in here."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tui_lab.errors import RunError
from tui_lab.runs.directory import RunDirectory
from tui_lab.runs.encoding import loads
from tui_lab.worker.process import COMMAND, WEIGHTS, environment


def write_weights(
    run: RunDirectory, step: int, to: Path, *, command: tuple[str, ...] = COMMAND
) -> int:
    """Write what was kept after `step`, a .safetensors or a .pt, and give how many tensors it is.
    Waits for it. Raises `RunError`."""
    done = subprocess.run(
        (*command, WEIGHTS, str(run.path.absolute()), str(step), str(to.absolute())),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=environment(),
        cwd="/",
        check=False,
    )
    try:
        said = loads(done.stdout)
    except ValueError:
        words = done.stderr.decode("utf-8", "replace").strip().splitlines()
        why = words[-1] if words else f"exit status {done.returncode}"
        raise RunError(f"The weights of {run.id} could not be read ({why}).") from None
    if "error" in said:
        raise RunError(str(said["error"]))
    return int(said["tensors"])
