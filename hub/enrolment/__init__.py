"""Enrolment of gates: certificates, the bundle that carries a gate's keys, and the officers whom gates know."""
