// The pages work without this. With it, lists filter and progress moves by htmx, and the keyboard knows the way.
"use strict";

const menu = document.querySelector(".pages");
if (menu && window.matchMedia("(max-width: 64rem)").matches) menu.open = false;

for (const button of document.querySelectorAll("[data-opens]")) {
  const dialog = document.getElementById(button.dataset.opens);
  button.hidden = false;
  button.addEventListener("click", () => dialog.showModal());
}

// One box that ticks all the others of its form.
document.addEventListener("change", (event) => {
  const name = event.target.dataset.ticks;
  if (!name) return;
  for (const box of event.target.form.querySelectorAll(`input[type="checkbox"][name="${name}"]`)) {
    box.checked = event.target.checked;
  }
});

// A menu closes when somebody goes on elsewhere.
document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll(".menu[open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
});

let before = "";

const actions = {
  "?": () => document.getElementById("shortcuts").showModal(),
  "/": () => document.querySelector("main input[type=search], main input[name=q]")?.focus(),
  n: () => document.querySelector("[data-next]")?.click(),
};

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input, textarea, select, dialog, [contenteditable]");
  if (event.key === "Escape") {
    for (const open of document.querySelectorAll(".menu[open]")) {
      open.open = false;
      open.querySelector("summary").focus();
    }
  }
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  if (before === "g") {
    before = "";
    document.querySelector(`.pages a[data-key="${CSS.escape(event.key)}"]`)?.click();
    return;
  }
  before = event.key;
  if (event.key in actions) {
    event.preventDefault();
    actions[event.key]();
  }
});
