"use strict";
// A table that is wider than its place says so: a shadow at the side where more is, and how many columns that are.
(() => {
  const { el } = evalkit;

  function watch(box) {
    const note = el("p", { class: "more-columns", "aria-hidden": "true", hidden: true });
    box.before(note);
    const look = () => {
      const over = box.scrollWidth - box.clientWidth;
      const [before, behind] = [over > 2 && box.scrollLeft > 2, over > 2 && box.scrollLeft < over - 2];
      box.classList.toggle("more-left", before);
      box.classList.toggle("more-right", behind);
      const edge = box.getBoundingClientRect().right;
      const heads = [...box.querySelectorAll("thead tr:last-child th")].filter((head) => head.offsetWidth);
      const cut = heads.filter((head) => head.getBoundingClientRect().right > edge + 2).length;
      note.hidden = !behind || !cut;
      note.textContent = `${cut} more column${cut === 1 ? "" : "s"} →`;
    };
    box.addEventListener("scroll", look, { passive: true });
    const resized = new ResizeObserver(look);
    resized.observe(box);
    const inside = () => [...box.children].forEach((child) => resized.observe(child));
    new MutationObserver(() => {
      inside();
      look();
    }).observe(box, { childList: true });
    inside();
    look();
  }

  for (const box of document.querySelectorAll(".scroll")) watch(box);
})();
