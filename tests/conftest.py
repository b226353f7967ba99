"""Settings of the property tests."""

from hypothesis import settings

# A busy machine makes an example slow, not wrong; pytest-timeout bounds a test that hangs.
settings.register_profile("gateway", deadline=None)
settings.load_profile("gateway")
