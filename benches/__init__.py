"""Measurements of daybreak in the lab, and beside the AWS CLI: ``python -m benches``."""
