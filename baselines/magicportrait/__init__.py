"""MagicPortrait (Wei et al., 2025): latent video diffusion steered by maps of a 3-D head.

adapter              MagicPortrait in evalkit
method               one pair: maps, source, noise, frames
model                all networks; encode, predict, decode
sizes                widths and depths
unets                the reference UNet and the denoising UNet
reference_attention  how one looks at the other
motion_module        attention over frames
guidance_encoder     maps -> features
sampling             DDIM over windows
windows              which frames are denoised together
official             official files into one state dict
maps                 what guidance maps are
map_folders          maps that somebody else rendered
raster               what is seen of a mesh
shading              how a grey head is lit
"""
