"""The GPU line is asked for in a thread and never holds anyone up."""

from __future__ import annotations

import threading
from dataclasses import replace

from tui_lab.tui.session.gpu import GpuMeter, NvmlDevices, Usage


class Devices:
    """Answers when told to."""

    def __init__(self, usage: Usage | None) -> None:
        self.answer = usage
        self.go_on = threading.Event()
        self.asked: list[int] = []

    def usage(self, pid: int) -> Usage | None:
        self.asked.append(pid)
        assert self.go_on.wait(10)
        return self.answer


def settled(meter: GpuMeter, pid: int = 0) -> str:
    assert meter._question is not None
    meter._question.result(10)
    return meter.line(pid)


def test_a_line_comes_when_the_driver_has_answered() -> None:
    devices = Devices(Usage(1, 41, used=3 * 2**30 + 2**27, total=140 * 2**30, own=2**29, others=2))
    meter = GpuMeter(devices)
    try:
        assert meter.line(7) == ""
        assert meter.line(7) == ""
        devices.go_on.set()
        assert settled(meter) == "cuda:1 41 % · run 0.5 G · card 3.1/140 G · 2 others"
        assert devices.asked[0] == 7
    finally:
        meter.close()


def test_without_a_gpu_the_line_is_empty() -> None:
    devices = Devices(None)
    devices.go_on.set()
    meter = GpuMeter(devices)
    try:
        meter.line()
        assert settled(meter) == ""
    finally:
        meter.close()


class Nvml:
    """Two GPUs, and one process on the second."""

    class NVMLError(Exception):
        """As the driver's."""

    class Process:
        pid = 7
        usedGpuMemory = 2**30

    class Memory:
        used = 5 * 2**30
        total = 80 * 2**30

    def nvmlDeviceGetCount(self) -> int:
        return 2

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:
        return index

    def nvmlDeviceGetComputeRunningProcesses(self, handle: int) -> list[Process]:
        return [self.Process()] if handle == 1 else []

    def nvmlDeviceGetMemoryInfo(self, handle: int) -> Memory:
        return self.Memory()

    def nvmlDeviceGetUtilizationRates(self, handle: int) -> object:
        class Rates:
            gpu = 10 + handle

        return Rates()


def test_a_run_s_own_memory_is_told_from_the_device_s() -> None:
    devices = NvmlDevices()
    devices._nvml = Nvml()
    card = {"used": 5 * 2**30, "total": 80 * 2**30}
    assert devices.usage(7) == Usage(1, 11, **card, own=2**30, others=0)
    assert devices.usage(8) == Usage(0, 10, **card)


def test_the_line_leaves_out_what_can_not_be_told() -> None:
    usage = Usage(0, 0, used=0, total=24 * 2**30)
    assert str(usage) == "cuda:0 0 % · card 0.0/24 G"
    assert str(replace(usage, others=1)) == "cuda:0 0 % · card 0.0/24 G · 1 other"
