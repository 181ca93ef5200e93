"""The stream processor: decode, normalise, judge, publish."""
