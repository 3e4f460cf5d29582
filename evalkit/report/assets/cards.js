"use strict";
// Cards behind a "?", beside their button. They open by click, tap and keyboard by themselves; a mouse need not click.
(() => {
  for (const button of document.querySelectorAll(".why")) {
    const card = document.getElementById(button.getAttribute("popovertarget"));
    let opened = false;
    const place = () => {
      const at = button.getBoundingClientRect();
      const box = card.getBoundingClientRect();
      const below = at.bottom + 8;
      card.style.left = `${Math.min(Math.max(at.right - box.width, 8), innerWidth - box.width - 8)}px`;
      card.style.top = `${below + box.height > innerHeight && at.top > box.height + 8 ? at.top - box.height - 8 : below}px`;
    };
    card.addEventListener("toggle", (event) => {
      if (event.newState === "open") place();
    });
    button.addEventListener("pointerenter", (event) => {
      if (event.pointerType !== "mouse" || card.matches(":popover-open")) return;
      opened = true;
      card.showPopover();
      place();
    });
    button.addEventListener("pointerleave", () => {
      if (opened) card.hidePopover();
      opened = false;
    });
    button.addEventListener("click", () => {
      if (opened) {
        opened = false;
        requestAnimationFrame(() => card.showPopover());
      }
    });
  }
})();
