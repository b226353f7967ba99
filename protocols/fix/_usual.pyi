# The compiled twins have the interface of the twins in plain Python, whose types stand for them.
from protocols.fix.usual_encoder import UsualEncoder as UsualEncoder
from protocols.fix.usual_messages import UsualMessages as UsualMessages
from protocols.fix.usual_outbound import UsualOutbound as UsualOutbound
