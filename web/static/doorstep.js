// The pages work without this. With it, a password can be looked at while it is typed.
"use strict";

for (const button of document.querySelectorAll("button[data-reveals]")) {
  const words = button.dataset;
  const field = document.getElementById(words.reveals);

  const show = (isShown) => {
    field.type = isShown ? "text" : "password";
    button.textContent = isShown ? words.hide : words.show;
    button.setAttribute("aria-label", isShown ? words.hideIt : words.showIt);
  };

  button.addEventListener("click", () => show(field.type === "password"));
  // Sent as a password again, so that no browser offers it later as something once typed.
  field.form.addEventListener("submit", () => show(false));
  show(false);
  button.hidden = false;
}
