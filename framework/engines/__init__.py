"""The Ignite engines that train and evaluate."""
