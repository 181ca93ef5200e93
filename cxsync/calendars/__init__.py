"""The three calendar systems behind one port; each client knows neither Kafka nor PostgreSQL."""
