"""The method `landmark_warp`: no network, 68 landmarks and a warp.

adapter     track the driver, move the source's landmarks, warp, paint mouth and lids
track       the driving clip as landmarks and head pose
pose        pose of the generated head
expression  expression of the driver on the face of the source
head        forehead, outline and background as control points
motion      where the control points go
warp        control points -> dense backward map
sample      colours of the source between its pixels
opening     an opening in the face as two curves
mouth       what shows between the lips
eyes        closing eyes
"""
