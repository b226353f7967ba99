# The compiled twins have the interface of the twins in plain Python, whose types stand for them.
from protocols.fix.usual_inbound import UsualInbound as UsualInbound
from protocols.fix.usual_session import UsualSession as UsualSession
