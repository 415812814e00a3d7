"""The GPU line: which device, how busy it is, and the memory that one run holds on it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol

_GIB = 2**30


class Devices(Protocol):
    """What is asked of a machine's GPUs."""

    def usage(self, pid: int) -> tuple[int, int, int] | None:
        """Index, utilization in percent and bytes in use: of the process where it can be told,
        else of the first device as a whole; None without a device."""


class GpuMeter:
    """Asks the devices in a thread, because a driver may take its time to answer."""

    def __init__(self, devices: Devices | None = None) -> None:
        self._devices = devices or NvmlDevices()
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="gpu")
        self._question: Future[str] | None = None
        self._line = ""

    def line(self, pid: int = 0) -> str:
        """The newest answer, `cuda:0 41 % 3.1 G`; asks again for the next call."""
        if self._question is None or self._question.done():
            if self._question is not None:
                self._line = self._question.result()
            self._question = self._executor.submit(self._ask, pid)
        return self._line

    def close(self) -> None:
        """Let go of the thread."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _ask(self, pid: int) -> str:
        usage = self._devices.usage(pid)
        if usage is None:
            return ""
        index, percent, held = usage
        return f"cuda:{index} {percent} % {held / _GIB:.1f} G"


class NvmlDevices:
    """NVIDIA's devices, through the driver's own library; none where it is missing."""

    def __init__(self) -> None:
        self._nvml: Any = None
        self._missing = False

    def usage(self, pid: int) -> tuple[int, int, int] | None:
        if not self._open():
            return None
        try:
            return self._usage(pid)
        except self._nvml.NVMLError:
            return None

    def _usage(self, pid: int) -> tuple[int, int, int] | None:
        nvml = self._nvml
        handles = [nvml.nvmlDeviceGetHandleByIndex(i) for i in range(nvml.nvmlDeviceGetCount())]
        if not handles:
            return None
        own = next(((i, held) for i, held in self._held(handles, pid)), None)
        index = own[0] if own else 0
        held = own[1] if own else nvml.nvmlDeviceGetMemoryInfo(handles[0]).used
        return index, nvml.nvmlDeviceGetUtilizationRates(handles[index]).gpu, held

    def _held(self, handles: list[Any], pid: int) -> Iterator[tuple[int, int]]:
        """The devices on which a process holds memory, and how much."""
        for index, handle in enumerate(handles):
            for process in self._nvml.nvmlDeviceGetComputeRunningProcesses(handle):
                if process.pid == pid and process.usedGpuMemory:
                    yield index, process.usedGpuMemory

    def _open(self) -> bool:
        if self._nvml is None and not self._missing:
            import pynvml  # costs 30 ms, and is not needed before the first paint

            try:
                pynvml.nvmlInit()
                self._nvml = pynvml
            except pynvml.NVMLError:
                self._missing = True
        return self._nvml is not None
