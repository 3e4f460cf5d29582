"""Readers of official lists: one file per format, `read(...)` gives clip jobs and remarks.

celebv_images  CelebV's pictures as clips of consecutive ones
celebvhq_json  CelebV-HQ's `celebvhq_info.json`
ffmpeg_crop    how ffmpeg's crop filter places a box
hdtf_lists     HDTF's lists of videos, times, resolutions and crops
th1kh_tubes    TalkingHead-1KH's tubes
vox_metadata   VoxCeleb crops as FOMM's preprocessing lists them
vox_release    VoxCeleb2 as it was released
vox_tracks     VoxCeleb's own annotation, cut into tubes by FOMM's rule
"""
