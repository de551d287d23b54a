"""The store: one list of behaviours for every engine, and what is peculiar to each."""

import pytest

pytest.register_assert_rewrite("tests.store.contract")
