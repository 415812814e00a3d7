"""Many runs in one worker: trained as one program, each written down as the run it is."""
