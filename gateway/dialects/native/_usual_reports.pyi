# The compiled twins have the interface of the twins in plain Python.
from gateway.dialects.native.usual_reports import accepted as accepted
from gateway.dialects.native.usual_reports import canceled as canceled
from gateway.dialects.native.usual_reports import filled as filled
from gateway.dialects.native.usual_reports import replaced as replaced
