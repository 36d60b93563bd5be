"""The fused forms of stages and scans. Who skips this room loses speed and nothing else."""
