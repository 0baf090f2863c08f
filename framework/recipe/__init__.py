"""From the text of a recipe to a plan whose every part has been proven buildable."""
