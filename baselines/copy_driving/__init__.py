"""The method `copy_driving`."""
