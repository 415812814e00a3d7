"""The torch toolbox that programs share: the program contract, batches, losses, optimizers."""
