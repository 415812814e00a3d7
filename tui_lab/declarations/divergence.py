"""When a loss stopped being a number."""

from __future__ import annotations

from tui_lab.experiment import Metric

FIRST_INF = Metric("step/first_inf", "The first step whose batch loss was infinite.")
FIRST_NAN = Metric("step/first_nan", "The first step whose batch loss was not a number.")
