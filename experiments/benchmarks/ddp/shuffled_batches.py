"""A rank's share of shuffled batches of a dataset in memory."""
import torch


class ShuffledBatches:
    """A new permutation each epoch, the same on all ranks; every rank takes each world_size-th sample of it."""

    def __init__(self, fields, batch_size, rank, world_size, device):
        """fields: tensors [sample, ...]; a batch is the same rows of each, on the device."""
        self.fields, self.batch_size = [field.to(device) for field in fields], batch_size
        self.rank, self.world_size, self.device = rank, world_size, device
        self.order_generator = torch.Generator(device).manual_seed(1)
        self.rows = iter(())

    def next(self):
        rows = next(self.rows, None)
        if rows is None or len(rows) < self.batch_size:
            order = torch.randperm(len(self.fields[0]), generator=self.order_generator, device=self.device)
            self.rows = iter(order[self.rank::self.world_size].split(self.batch_size))
            rows = next(self.rows)
        return tuple(field[rows] for field in self.fields)
