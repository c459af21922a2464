"""Machines that hear and speak for this one: how they are asked, and what becomes of it while they are away."""
