"""What training leaves and judging loads: arrays, their files, the first events' histograms."""
