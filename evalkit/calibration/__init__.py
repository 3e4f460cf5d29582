"""How metrics answer to known damage: what a number can see and what it cannot."""
