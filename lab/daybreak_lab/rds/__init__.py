"""The Aurora control plane, subclassed into moto."""
