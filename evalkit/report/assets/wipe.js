"use strict";
// Two clips of a pair in one place, divided by a line that is drawn over them, as near as one wants to look.
evalkit.Wipe = class {
  static #SIDE = 768;
  static #NEAREST = 12;
  static #STEP = 0.08;
  #mosaic;
  #context;
  #selects;
  #line;
  #zoom;
  #view = { x: 0.5, y: 0.5 };

  /** `part` is the section of the page, `title` names a tile, `names` are those that can be chosen. */
  constructor(part, mosaic, names, title) {
    const { el } = evalkit;
    const byId = (id) => document.getElementById(id);
    this.#mosaic = mosaic;
    this.#selects = [byId("wipe-left"), byId("wipe-right")];
    [this.#line, this.#zoom] = [byId("wipe-line"), byId("wipe-zoom")];
    const asked = evalkit.remembered();
    const known = (name, other) => (names.includes(asked.get(name)) ? asked.get(name) : other);
    const chosen = [known("left", names.includes("driving") ? "driving" : names[0]), known("right", names.find((name) => /^\d+$/.test(name)) ?? names[0])];
    this.#selects.forEach((select, side) => {
      evalkit.options(select, names.map((name) => [name, title(name)]), chosen[side]);
      select.addEventListener("change", () => {
        evalkit.remember({ [side ? "right" : "left"]: select.value });
        this.draw();
      });
    });
    const canvas = el("canvas", { width: evalkit.Wipe.#SIDE, height: evalkit.Wipe.#SIDE, tabindex: 0, role: "img", "aria-label": "The two clips, divided by a line. Plus and minus zoom, arrow keys move the zoomed picture." });
    this.#context = canvas.getContext("2d");
    byId("wipe").replaceChildren(canvas);
    for (const control of [this.#line, this.#zoom]) control.addEventListener("input", () => this.draw());
    this.#listen(canvas);
    part.hidden = false;
  }

  /** Draws the frame that the video is at. */
  draw() {
    const context = this.#context;
    const { width, height } = context.canvas;
    const zoom = Number(this.#zoom.value);
    const at = Math.round(width * Number(this.#line.value) / 1000);
    const half = 0.5 / zoom;
    for (const side of ["x", "y"]) this.#view[side] = Math.min(Math.max(this.#view[side], half), 1 - half);
    const [left, top] = [this.#view.x - half, this.#view.y - half];
    const parts = [[0, at], [at, width - at]];
    context.imageSmoothingEnabled = zoom < 4;
    this.#selects.forEach((select, side) => {
      context.save();
      context.beginPath();
      context.rect(parts[side][0], 0, parts[side][1], height);
      context.clip();
      context.setTransform(zoom, 0, 0, zoom, -left * zoom * width, -top * zoom * height);
      this.#mosaic.draw(context, select.value, "source-over");
      context.restore();
    });
    context.fillStyle = "#fff";
    context.fillRect(at - 1.5, 0, 3, height);
  }

  /** Near the line a drag moves it, elsewhere the zoomed picture; the wheel zooms with a key held, as on maps. */
  #listen(canvas) {
    let drag = null;
    const place = (event) => {
      const box = canvas.getBoundingClientRect();
      return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    };
    canvas.addEventListener("pointerdown", (event) => {
      const [x, y] = place(event);
      const near = Math.abs(x - Number(this.#line.value) / 1000) < evalkit.Wipe.#STEP;
      drag = { x, y, line: near || this.#zoom.value === "1" };
      canvas.setPointerCapture(event.pointerId);
      if (drag.line) this.#move(x);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!drag) return;
      const [x, y] = place(event);
      if (drag.line) this.#move(x);
      else this.#pan((drag.x - x) / this.#zoom.value, (drag.y - y) / this.#zoom.value);
      [drag.x, drag.y] = [x, y];
    });
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { drag = null; });
    canvas.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      this.#near(event.deltaY < 0 ? 1 : -1);
    }, { passive: false });
    canvas.addEventListener("keydown", (event) => {
      const step = evalkit.Wipe.#STEP / this.#zoom.value;
      const action = { "+": () => this.#near(1), "=": () => this.#near(1), "-": () => this.#near(-1), ArrowLeft: () => this.#pan(-step, 0), ArrowRight: () => this.#pan(step, 0), ArrowUp: () => this.#pan(0, -step), ArrowDown: () => this.#pan(0, step) }[event.key];
      if (!action || (this.#zoom.value === "1" && event.key.startsWith("Arrow"))) return;
      event.preventDefault();
      event.stopPropagation();
      action();
    });
  }

  #move(x) {
    this.#line.value = Math.round(1000 * Math.min(Math.max(x, 0), 1));
    this.draw();
  }

  #pan(x, y) {
    this.#view.x += x;
    this.#view.y += y;
    this.draw();
  }

  #near(by) {
    this.#zoom.value = Math.min(Math.max(Number(this.#zoom.value) + by, 1), evalkit.Wipe.#NEAREST);
    this.draw();
  }
};
