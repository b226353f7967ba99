# The compiled twins have the interface of the twins in plain Python.
from gateway.dialects.native.usual_orders import usual_cancel as usual_cancel
from gateway.dialects.native.usual_orders import usual_new_order as usual_new_order
from gateway.dialects.native.usual_orders import usual_replace as usual_replace
