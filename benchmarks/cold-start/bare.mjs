// Bare Node: an empty module. What cold starts are compared with.
