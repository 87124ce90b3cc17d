"""The same service and shops as the tests of the API."""

from tests.api.conftest import app, base_url, other_shop, shop

__all__ = ["app", "base_url", "other_shop", "shop"]
