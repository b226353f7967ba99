"""The exchange's own vocabulary, on FIX and on WebSocket: pure functions between wire and model.

``fix_orders`` and ``ws_requests`` make commands, ``fix_reports``, ``ws_replies``, ``ws_executions`` and
``ws_market_data`` make bytes. NOT here: sessions, sockets, who may ask, and who is told.
"""
