"""The Carerix agenda over GraphQL; one client serves a whole tenant."""
