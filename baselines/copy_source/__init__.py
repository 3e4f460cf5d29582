"""The method `copy_source`."""
