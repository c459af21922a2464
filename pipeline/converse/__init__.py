"""Taking turns: who is meant, when somebody has finished, who has the floor, and what becomes of it."""
