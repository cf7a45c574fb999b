"""Charts as SVG: drawn on the server, without scripts, with their figures as text."""
