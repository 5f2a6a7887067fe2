"""Figures: results in, plotly figures out. One file a family; `theme` gives them one look."""
