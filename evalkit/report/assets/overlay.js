"use strict";
// What is drawn over or instead of a tile: landmarks, and the difference to another clip in heat colours.
evalkit.overlay = (() => {
  const MISSING = 65535;
  // The 68 points of iBUG 300-W as lines: jaw, brows, nose, eyes and mouth; the last two kinds are closed.
  const LINES = [[0, 16], [17, 21], [22, 26], [27, 30], [30, 35], [36, 41, true], [42, 47, true], [48, 59, true], [60, 67, true]];
  const HEAT = ["0 0.16 0.45 0.73 0.93 0.99 0.99", "0 0.04 0.05 0.17 0.41 0.74 1", "0.02 0.42 0.43 0.32 0.11 0.14 0.64"];

  /** An SVG filter that turns brightness into heat colours: it works on canvases whose pixels may not be read. */
  function installHeat() {
    const { svg } = evalkit;
    const curves = HEAT.map((table, i) => svg(`feFunc${"RGB"[i]}`, { type: "table", tableValues: table }));
    const grey = "1.2 1.2 1.2 0 0  1.2 1.2 1.2 0 0  1.2 1.2 1.2 0 0  0 0 0 1 0";
    const filter = svg("filter", { id: "heat", "color-interpolation-filters": "sRGB" },
      svg("feColorMatrix", { type: "matrix", values: grey }), svg("feComponentTransfer", {}, curves));
    document.body.append(svg("svg", { width: 0, height: 0, "aria-hidden": "true", style: "position:absolute" }, filter));
  }

  function points(packed) {
    const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
    return new Uint16Array(bytes.buffer);
  }

  /** Frame `t` as [x, y] in 0..1, or null where no face was found; a still has one row for all frames. */
  function at(numbers, count, top, t) {
    const rows = numbers.length / (2 * count);
    const start = Math.min(t, rows - 1) * 2 * count;
    if (numbers[start] === MISSING) return null;
    return Array.from({ length: count }, (_, i) => [numbers[start + 2 * i] / top, numbers[start + 2 * i + 1] / top]);
  }

  function draw(context, face, colour) {
    const side = context.canvas.width;
    context.strokeStyle = context.fillStyle = colour;
    context.lineWidth = Math.max(side / 300, 1);
    if (face.length === 68) {
      for (const [from, to, closed] of LINES) {
        context.beginPath();
        for (let i = from; i <= to; i += 1) context.lineTo(face[i][0] * side, face[i][1] * side);
        if (closed) context.closePath();
        context.stroke();
      }
    }
    const radius = face.length > 100 ? side / 400 : side / 170;
    for (const [x, y] of face) {
      context.beginPath();
      context.arc(x * side, y * side, radius, 0, 7);
      context.fill();
    }
  }

  return { installHeat, points, at, draw };
})();
