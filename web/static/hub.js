// The pages work without this. With it, lists filter and progress moves by htmx, and the keyboard knows the way.
"use strict";

const menu = document.querySelector(".pages");
const isNarrow = window.matchMedia("(max-width: 63.99rem)");
// Where there is room the menu stands open, and has nothing to open it with: also after a tablet was turned.
const fold = () => {
  if (menu) menu.open = !isNarrow.matches;
};
fold();
isNarrow.addEventListener("change", fold);

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

// A text that somebody is writing is sent into the frame beside it, as soon as there is a new frame for it.
document.addEventListener("htmx:load", (event) => {
  for (const button of event.target.querySelectorAll("[data-presses-itself]")) {
    button.hidden = true;
    button.form.requestSubmit(button); // htmx would take a click for the way that its own requests should go
  }
});

// A link that is to be passed on goes to the clipboard with one press.
for (const button of document.querySelectorAll("[data-copies]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).value);
    button.textContent = "Copied";
  });
}

let before = "";

const actions = {
  "?": () => document.getElementById("shortcuts").showModal(),
  "/": () => document.querySelector("main input[type=search], main input[name=q]")?.focus(),
  n: () => document.querySelector("[data-next]")?.click(),
};

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input, textarea, select, dialog[open], [contenteditable]");
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
