"""What it costs: seconds and memory of every step at three sizes, beside a floor query on the same data."""
