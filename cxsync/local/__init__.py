"""The parts that run on this machine when the settings name no others: Apache Kafka, PostgreSQL, a mail catcher."""
