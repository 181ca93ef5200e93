"""What the program tells operators about itself, logs, metrics, health: ids, codes, counts; nothing people wrote."""
