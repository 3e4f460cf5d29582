"use strict";
// The clips of a pair, packed into one video so that nothing falls out of step; a tile is cut out onto a canvas.
evalkit.Mosaic = class {
  /** `media` is what the report says of the video; without one only the reason is there. */
  constructor(media) {
    this.media = media;
    this.video = null;
    this.still = new Image();
    this.onframe = () => {};
    this.onproblem = () => {};
    this.playing = false;
    this.wanted = 0;
  }

  get frames() {
    return this.media.frames ?? 0;
  }

  /** Shows the picture of the middle frame at once, then loads the video and goes to `frame`. */
  open(frame = 0) {
    this.wanted = frame;
    this.still.addEventListener("load", () => this.video === null || this.video.readyState < 2 ? this.onframe(this.wanted) : null);
    this.still.src = `${evalkit.root}media/${this.media.poster}`;
    const video = document.createElement("video");
    Object.assign(video, { muted: true, playsInline: true, preload: "auto", disablePictureInPicture: true });
    video.addEventListener("loadeddata", () => this.seek(this.wanted));
    video.addEventListener("seeked", () => this.#arrived());
    video.addEventListener("error", () => this.onproblem("This browser cannot play the video, or it is not there any more. The middle frame is shown instead."));
    video.addEventListener("ended", () => this.#end());
    video.src = `${evalkit.root}media/${this.media.video}`;
    this.video = video;
  }

  get frame() {
    if (this.video === null || this.video.readyState < 2) return this.wanted;
    return Math.min(Math.floor(this.video.currentTime * this.media.fps + 1e-3), this.frames - 1);
  }

  /** Frames are addressed by their middle, so that rounding never shows a neighbour. Quick seeks are merged. */
  seek(frame) {
    this.wanted = Math.min(Math.max(frame, 0), this.frames - 1);
    if (this.video.readyState >= 1 && !this.video.seeking) this.video.currentTime = (this.wanted + 0.5) / this.media.fps;
  }

  play(speed) {
    this.playing = true;
    this.video.playbackRate = speed;
    if (this.frame >= this.frames - 1) this.video.currentTime = 0;
    this.video.play().catch(() => this.pause());
    this.#follow();
  }

  pause() {
    this.playing = false;
    this.video.pause();
    this.seek(this.frame);
  }

  /** Draws a tile over the whole canvas with `operation`; false when there is nothing to draw it from yet. */
  draw(context, tile, operation = "copy") {
    const place = this.media.tiles.indexOf(tile);
    const ready = this.video !== null && this.video.readyState >= 2;
    const image = ready ? this.video : this.still;
    if (place < 0 || !(ready || (this.still.complete && this.still.naturalWidth))) return false;
    const side = (ready ? this.video.videoWidth : this.still.naturalWidth) / this.media.columns;
    const [x, y] = [place % this.media.columns, Math.floor(place / this.media.columns)];
    context.globalCompositeOperation = operation;
    // Without the outermost pixels, into which the codec mixes colours of the neighbouring tile.
    context.drawImage(image, x * side + 1, y * side + 1, side - 2, side - 2, 0, 0, context.canvas.width, context.canvas.height);
    context.globalCompositeOperation = "source-over";
    return true;
  }

  #arrived() {
    const shown = (this.wanted + 0.5) / this.media.fps;
    if (!this.playing && Math.abs(this.video.currentTime - shown) > 0.5 / this.media.fps) this.seek(this.wanted);
    else this.onframe(this.frame);
  }

  /** `time` is that of the frame on the screen, where the browser tells; the clock may already be past it. */
  #follow(time) {
    if (!this.playing) return;
    this.wanted = time === undefined ? this.frame : Math.min(Math.round(time * this.media.fps), this.frames - 1);
    this.onframe(this.wanted);
    const again = (_, shown) => this.#follow(shown?.mediaTime);
    if (this.video.requestVideoFrameCallback) this.video.requestVideoFrameCallback(again);
    else requestAnimationFrame(again);
  }

  /** From the start again, for as long as it plays. */
  #end() {
    if (!this.playing) return;
    this.video.currentTime = 0;
    this.video.play().catch(() => this.pause());
  }
};
