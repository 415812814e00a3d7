"""The GPU line is asked for in a thread and never holds anyone up."""

from __future__ import annotations

import threading

from tui_lab.tui.session.gpu import GpuMeter, NvmlDevices


class Devices:
    """Answers when told to."""

    def __init__(self, usage: tuple[int, int, int] | None) -> None:
        self.answer = usage
        self.go_on = threading.Event()
        self.asked: list[int] = []

    def usage(self, pid: int) -> tuple[int, int, int] | None:
        self.asked.append(pid)
        assert self.go_on.wait(10)
        return self.answer


def settled(meter: GpuMeter, pid: int = 0) -> str:
    assert meter._question is not None
    meter._question.result(10)
    return meter.line(pid)


def test_a_line_comes_when_the_driver_has_answered() -> None:
    devices = Devices((1, 41, 3 * 2**30 + 2**27))
    meter = GpuMeter(devices)
    try:
        assert meter.line(7) == ""
        assert meter.line(7) == ""
        devices.go_on.set()
        assert settled(meter) == "cuda:1 41 % 3.1 G"
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
    assert devices.usage(7) == (1, 11, 2**30)
    assert devices.usage(8) == (0, 10, 5 * 2**30)
