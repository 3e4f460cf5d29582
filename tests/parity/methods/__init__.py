"""Our side of each fixture: `INPUTS` (names in io.npz that are not compared), `outputs(fixture)`, at times `EXACT`.

dagan            both generators
deep3dfacerecon  alignment of every case, then the regressor
dpe              DPE
fnevr            FNeVR
fomm             FOMM
fsrt             FSRT
g3fa             FNeVR's functions without the auxiliary decoder
lia              LIA
liveportrait     motion, keypoint rules, decoder
osfs             both generators
pirenderer       driving windows and the generator
tpsm             TPSM
"""
