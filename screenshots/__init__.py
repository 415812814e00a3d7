"""Pictures of the lab, made from real runs; `python -m screenshots` draws them all anew."""
