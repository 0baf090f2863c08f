"""Files of others: images that go into a trained run, answers and models that come out of it."""
