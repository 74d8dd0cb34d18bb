"""discogan: upright gray digits and turned colored ones, related without pairs."""
