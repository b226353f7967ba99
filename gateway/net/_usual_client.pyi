# The compiled twins have the interface of the twins in plain Python, whose types stand for them.
from gateway.net.usual_client import UsualClient as UsualClient
from gateway.net.usual_connection import UsualConnection as UsualConnection
from gateway.net.usual_party import UsualParty as UsualParty
