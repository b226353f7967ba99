# The compiled twin has the interface of the twin in plain Python, whose type stands for it.
from protocols.fix.layouts import Layouts as Layouts
