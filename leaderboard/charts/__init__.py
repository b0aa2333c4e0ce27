"""Charts as pure functions: a table in, a plotly figure out."""
