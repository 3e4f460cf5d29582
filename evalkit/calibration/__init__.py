"""How metrics respond to known damage: what a number can see and what it cannot.

degrade    known damage in known steps
calibrate  damaged copies of clean clips scored against the clean ones
truth      how APD and AED follow the truth, on drawn clips
answers    a calibration as CSV
table      a calibration in words
figure     a calibration as pictures
audit      the metrics themselves ranked by how they order outputs
"""
