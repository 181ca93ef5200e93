"""The operations of EWS, grouped as Microsoft's documents group them."""
