"""The use cases of a load, one function a step: detect, align, load, configure, archive.

Each step may be run again after a crash at any point: it finds what is done and does the rest.
"""
