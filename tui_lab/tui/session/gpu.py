"""The GPU line: which device, how busy it is, whose its memory is, and who else is on it."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

_GIB = 2**30


@dataclass(frozen=True)
class Usage:
    """One GPU at one moment."""

    index: int
    percent: int
    """How much of the time it was busy, with whatever."""
    used: int
    """Bytes in use on it, by all."""
    total: int
    """Bytes it has."""
    own: int | None = None
    """Bytes that the process asked about holds; None where it can't be told."""
    others: int = 0
    """Other processes that compute on it."""

    def __str__(self) -> str:
        card = f"card {self.used / _GIB:.1f}/{self.total / _GIB:.0f} G"
        parts = [f"cuda:{self.index} {self.percent} %", card]
        if self.own is not None:
            parts.insert(1, f"run {self.own / _GIB:.1f} G")
        if self.others:
            parts.append(f"{self.others} other{'s' if self.others > 1 else ''}")
        return " · ".join(parts)


class Devices(Protocol):
    """What is asked of a machine's GPUs."""

    def usage(self, pid: int) -> Usage | None:
        """The device on which a process computes, else the first; None without a device."""


class GpuMeter:
    """Asks the devices in a thread, because a driver may take its time to answer."""

    def __init__(self, devices: Devices | None = None) -> None:
        self._devices = devices or NvmlDevices()
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="gpu")
        self._question: Future[str] | None = None
        self._line = ""

    def line(self, pid: int = 0) -> str:
        """The newest answer, `cuda:0 41 % · run 0.8 G · card 3.1/140 G · 1 other`; asks again for
        the next call."""
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
        return "" if usage is None else str(usage)


class NvmlDevices:
    """NVIDIA's devices, through the driver's own library; none where it is missing."""

    def __init__(self) -> None:
        self._nvml: Any = None
        self._missing = False

    def usage(self, pid: int) -> Usage | None:
        if not self._open():
            return None
        try:
            return self._usage(pid)
        except self._nvml.NVMLError:
            return None

    def _usage(self, pid: int) -> Usage | None:
        nvml = self._nvml
        handles = [nvml.nvmlDeviceGetHandleByIndex(i) for i in range(nvml.nvmlDeviceGetCount())]
        if not handles:
            return None
        held = [self._held(handle) for handle in handles]
        index = next((i for i, processes in enumerate(held) if pid in processes), 0)
        memory = nvml.nvmlDeviceGetMemoryInfo(handles[index])
        return Usage(
            index=index,
            percent=nvml.nvmlDeviceGetUtilizationRates(handles[index]).gpu,
            used=memory.used,
            total=memory.total,
            own=held[index].get(pid),
            others=len(held[index].keys() - {pid}),
        )

    def _held(self, handle: Any) -> dict[int, int | None]:
        """The bytes that each process which computes on a device holds there, where it is told."""
        processes = self._nvml.nvmlDeviceGetComputeRunningProcesses(handle)
        return {process.pid: process.usedGpuMemory or None for process in processes}

    def _open(self) -> bool:
        if self._nvml is None and not self._missing:
            import pynvml  # costs 30 ms, and is not needed before the first paint

            try:
                pynvml.nvmlInit()
                self._nvml = pynvml
            except pynvml.NVMLError:
                self._missing = True
        return self._nvml is not None
