"""Corrections of moto 5.2.5 where it answers otherwise than AWS; each has a conformance test."""
