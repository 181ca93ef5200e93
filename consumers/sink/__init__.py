"""The sinks: reconcile what was observed on one side with the other, field by field (rules 2 to 9)."""
