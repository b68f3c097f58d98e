"""The use cases of a load, one function per step: detect, align, load, configure, archive.

Each step can run again after a crash at any point: it recognises what is done and does the rest.
"""
