"""The people page: three calendars side by side, on which a person acts as the user of each system."""
