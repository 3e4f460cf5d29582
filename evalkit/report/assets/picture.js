"use strict";
// Charts and tables as PNG files, as they are on the screen, twice as fine. A page from a file may draw on a canvas.
(() => {
  const { el } = evalkit;
  const STYLES = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-linejoin", "paint-order", "font-size", "font-weight", "opacity", "visibility"];
  const [SCALE, MARGIN, TITLE, LARGEST] = [2, 16, 32, 16000];
  const SIDES = ["Top", "Right", "Bottom", "Left"];

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

  /** A canvas for `width` by `height` pixels of the page and a margin, and what draws on it. */
  function sheet(width, height) {
    const scale = Math.min(SCALE, LARGEST / Math.max(width, height));
    const canvas = el("canvas", { width: Math.ceil((width + 2 * MARGIN) * scale), height: Math.ceil((height + 2 * MARGIN) * scale) });
    const context = canvas.getContext("2d");
    context.fillStyle = evalkit.color("--surface");
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.scale(scale, scale);
    context.translate(MARGIN, MARGIN);
    return [canvas, context];
  }

  function download(canvas, name) {
    canvas.toBlob((blob) => {
      const link = el("a", { href: URL.createObjectURL(blob), download: `${name}.png` });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    });
  }

  async function saveChart(chart, name) {
    const drawing = chart.querySelector("svg");
    if (!drawing) return;
    const { width, height } = drawing.viewBox.baseVal;
    const copy = standalone(drawing, getComputedStyle(document.body).fontFamily);
    copy.setAttribute("width", width * SCALE);
    copy.setAttribute("height", height * SCALE);
    const image = new Image();
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
    await image.decode();
    const [canvas, context] = sheet(width, height);
    context.drawImage(image, 0, 0, width, height);
    download(canvas, name);
  }

  /** Whether an element of a table belongs into its picture: what is only heard, and what is only pressed, does not. */
  function pictured(element) {
    return element.checkVisibility() && !element.closest(".hidden, .why");
  }

  /** The ground and the lines of an element. `x` and `y` place the page on the canvas. */
  function paintBox(context, element, x, y) {
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    const [left, top] = [box.left + x, box.top + y];
    context.fillStyle = style.backgroundColor;
    context.fillRect(left, top, box.width, box.height);
    if (element.matches(".whisker")) {
      context.fillStyle = evalkit.color("--line");
      context.fillRect(left, top + box.height / 2 - 0.5, box.width, 1);
    }
    const widths = SIDES.map((side) => (style[`border${side}Style`] === "none" ? 0 : parseFloat(style[`border${side}Width`])));
    if (element.matches(".tag")) {
      context.strokeStyle = style.borderTopColor;
      context.beginPath();
      context.roundRect(left + 0.5, top + 0.5, box.width - 1, box.height - 1, box.height / 2);
      context.stroke();
      return;
    }
    const lines = [[left, top, box.width, widths[0]], [left + box.width - widths[1], top, widths[1], box.height], [left, top + box.height - widths[2], box.width, widths[2]], [left, top, widths[3], box.height]];
    lines.forEach((line, side) => {
      context.fillStyle = style[`border${SIDES[side]}Color`];
      context.fillRect(...line);
    });
  }

  /** The words of a text where the page has them; a word in the middle of which a line ends is drawn part by part. */
  function paintText(context, node, x, y) {
    const style = getComputedStyle(node.parentElement);
    context.font = `${style.fontStyle} ${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    context.fillStyle = style.color;
    const range = document.createRange();
    const place = (start, end) => {
      range.setStart(node, start);
      range.setEnd(node, end);
      return [...range.getClientRects()].filter((box) => box.width);
    };
    const paint = (start, end) => {
      const [box] = place(start, end);
      if (!box) return;
      const text = node.data.slice(start, end);
      const { fontBoundingBoxAscent: ascent, fontBoundingBoxDescent: descent } = context.measureText(text);
      const baseline = box.top + y + (box.height - ascent - descent) / 2 + ascent;
      context.fillText(text, box.left + x, baseline, box.width + 1);
      if (node.parentElement.closest("u, .second")) context.fillRect(box.left + x, baseline + 2, box.width, 1);
    };
    for (const { 0: word, index } of node.data.matchAll(/\S+/g)) {
      if (place(index, index + word.length).length < 2) paint(index, index + word.length);
      else for (let at = index; at < index + word.length; at += 1) paint(at, at + 1);
    }
  }

  function paint(context, element, x, y) {
    const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    for (const each of [element, ...element.querySelectorAll("*")]) if (pictured(each)) paintBox(context, each, x, y);
    while (texts.nextNode()) if (pictured(texts.currentNode.parentElement)) paintText(context, texts.currentNode, x, y);
  }

  /** The names of page and part, and what was chosen there. */
  function titleOf(section) {
    const part = section.querySelector("h2:not(.hidden)");
    const chosen = [...section.querySelectorAll(".controls select")].filter((select) => select.value !== "");
    const words = [...(part ? [part.textContent] : []), ...chosen.map((select) => select.selectedOptions[0].text)];
    return [document.querySelector("h1").textContent, ...(words.length ? [words.join(", ")] : [])].join(": ");
  }

  /** A title, the rows and columns that are shown, also those scrolled out of sight, and what explains them. */
  function saveTable(table, name) {
    const [scroll, section] = [table.closest(".scroll"), table.closest("section")];
    const before = scroll.scrollLeft;
    scroll.scrollLeft = 0;
    const notes = section.querySelector(".notes, .explain");
    const [box, below] = [table, notes].map((each) => each.getBoundingClientRect());
    const [canvas, context] = sheet(Math.max(box.width, below.width), TITLE + box.height + MARGIN + below.height);
    const style = getComputedStyle(document.body);
    context.font = `600 16px ${style.fontFamily}`;
    context.fillStyle = style.color;
    context.fillText(titleOf(section), 0, MARGIN, Math.max(box.width, below.width));
    paint(context, table, -box.left, TITLE - box.top);
    paint(context, notes, -below.left, TITLE + box.height + MARGIN - below.top);
    scroll.scrollLeft = before;
    download(canvas, name);
  }

  function offer(id, what, save) {
    const place = document.getElementById(id);
    if (!place) return;
    const section = place.closest("section");
    const button = el("button", { type: "button", "aria-label": `Save this ${what} as PNG` }, "PNG");
    const name = [document.title.split(" · ")[0], id.split("-")[0]].join(" ").replaceAll(/[^\w-]+/g, "_");
    button.addEventListener("click", () => save(place, name));
    (section.querySelector(".exports") ?? section.querySelector(".controls")).append(button);
  }

  for (const id of ["trade-chart", "clips-chart"]) offer(id, "chart", saveChart);
  for (const id of ["table", "matrix", "differences"]) {
    offer(id, "table", (place, name) => {
      const table = place.matches("table") ? place : place.querySelector("table");
      if (table) saveTable(table, name);
    });
  }
})();
