"""The tenant's identity provider: tokens for programs and OpenID Connect for people."""
