"""What the three sandbox servers share: clock, journal, witnesses, faults, control interface, people page."""
