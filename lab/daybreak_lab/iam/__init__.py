"""Enforcement of IAM policies, from the signature to the denial."""
