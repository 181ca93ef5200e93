"""A Carerix of our own: GraphQL, identity provider and users, written from the wire contract (A1 to A21)."""
