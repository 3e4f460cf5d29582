raise AssertionError("a network was loaded although nothing was to be computed")
