"""The client access layer of the Busan Digital Asset Exchange.

Packages are floors; a module imports its own package and packages on lower floors
(``tests/test_layers.py`` holds the plan and enforces it).
"""

__version__ = "0.1.0"
