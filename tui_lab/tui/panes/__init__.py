"""What shows a run: charts, pictures, gradients, code, notes, log."""
