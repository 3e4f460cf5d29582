"""Networks held to official code: `python -m tests.parity METHOD FIXTURE_DIR` compares one with a fixture.

fetch                fixtures by name, from an address; `fixtures.json` says what they have to be
archive              fixtures as archives of the same bytes
compare              the comparison and its command line
fixture              reading a fixture folder
recipe               weights drawn from their own names
intermediates        what a network computed on the way
methods              per method, our value for every stored output
motion               what the motion-field family shares
stylegan             reading the networks of LIA and DPE fixtures
dpe_output           DPE's images as 8-bit frames, by the official rule
lia_output           LIA's images as 8-bit frames, by the official rule
liveportrait_build   networks from an official `models.yaml`
liveportrait_images  images in and out of LivePortrait
pirenderer_images    images in and out of PIRenderer
"""
