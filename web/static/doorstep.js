// The pages work without this. With it, a password can be looked at while it is typed.
"use strict";

for (const button of document.querySelectorAll("button[data-reveals]")) {
  const field = document.getElementById(button.dataset.reveals);

  const show = (isShown) => {
    field.type = isShown ? "text" : "password";
    button.textContent = isShown ? "Hide" : "Show";
    button.setAttribute("aria-label", isShown ? "Hide the password" : "Show the password");
  };

  button.addEventListener("click", () => show(field.type === "password"));
  // Sent as a password again, so that no browser offers it later as something once typed.
  field.form.addEventListener("submit", () => show(false));
  show(false);
  button.hidden = false;
}
