"use strict";
// Every drawn chart as a PNG file, as it is on the screen, twice as fine.
(() => {
  const { el } = evalkit;
  const STYLES = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-linejoin", "paint-order", "font-size", "font-weight", "opacity", "visibility"];
  const SCALE = 2;

  /** The drawing with its styles at its elements, for a picture knows no style sheet. */
  function standalone(drawing, font) {
    const copy = drawing.cloneNode(true);
    const originals = [drawing, ...drawing.querySelectorAll("*")];
    [copy, ...copy.querySelectorAll("*")].forEach((element, index) => {
      const style = getComputedStyle(originals[index]);
      element.setAttribute("style", STYLES.map((name) => `${name}:${style.getPropertyValue(name)}`).join(";"));
    });
    copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    copy.style.fontFamily = font;
    return copy;
  }

  async function save(chart, name) {
    const drawing = chart.querySelector("svg");
    if (!drawing) return;
    const { width, height } = drawing.viewBox.baseVal;
    const copy = standalone(drawing, getComputedStyle(document.body).fontFamily);
    copy.setAttribute("width", width * SCALE);
    copy.setAttribute("height", height * SCALE);
    const image = new Image();
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
    await image.decode();
    const canvas = el("canvas", { width: (width + 32) * SCALE, height: (height + 32) * SCALE });
    const context = canvas.getContext("2d");
    context.fillStyle = evalkit.color("--surface");
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, 16 * SCALE, 16 * SCALE);
    canvas.toBlob((blob) => {
      const link = el("a", { href: URL.createObjectURL(blob), download: `${name}.png` });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    });
  }

  for (const id of ["trade-chart", "clips-chart"]) {
    const chart = document.getElementById(id);
    if (!chart) continue;
    const button = el("button", { type: "button", "aria-label": "Save this chart as PNG" }, "PNG");
    button.addEventListener("click", () => save(chart, `${document.title.split(" · ")[0]} ${id.split("-")[0]}`.replaceAll(/[^\w-]+/g, "_")));
    chart.closest("section").querySelector(".controls").append(button);
  }
})();
