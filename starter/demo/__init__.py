"""`doorstep demo`: the main job from beginning to end on real servers, and its timeline."""
