"""The wire contracts: Avro schemas, codec, sealing and the gate for new versions."""
