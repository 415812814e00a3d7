"""The screen of one experiment and the parts it is made of."""
