"""PIRenderer (Ren et al., ICCV 2021): portraits driven by 3DMM coefficients."""
