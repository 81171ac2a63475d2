"""A local AWS for daybreak: moto's control planes with real PostgreSQL behind Aurora clusters."""
