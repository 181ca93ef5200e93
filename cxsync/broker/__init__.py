"""Apache Kafka as this program uses it: connection, topics, publishing."""
