"""The archive: what is kept, where, and that its links open nothing else."""
