# The compiled twin has the interface of the twin in plain Python.
from gateway.dialects.native.usual_orders import usual_new_order as usual_new_order
