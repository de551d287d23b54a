"""An interpreter of ours for the modules that the Make blueprints use. It is not Make.

It runs a blueprint's logic as Make's help pages and exports describe it, against real HTTP. What it does not
know (a function, an operator, a module) it refuses, so that nothing passes by being skipped. What only Make
can show remains open: import, the exact treatment of empty values, its limits and its queue.
"""
