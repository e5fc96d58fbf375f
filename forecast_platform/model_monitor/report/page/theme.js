// Light or dark: the system's choice, or the person's, who is remembered as on the dashboard.
"use strict";

(() => {
  const button = document.getElementById("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");

  function remembered(value) {
    try {
      if (value) localStorage.setItem("forecast-theme", value);
      return localStorage.getItem("forecast-theme");
    } catch {
      return value ?? null; // storage may be switched off; the page works without
    }
  }

  function show(chosen) {
    if (chosen) document.documentElement.dataset.theme = chosen;
    const shown = document.documentElement.dataset.theme;
    button.setAttribute("aria-pressed", String(shown ? shown === "dark" : system.matches));
  }

  button.hidden = false;
  button.addEventListener("click", () => show(remembered(button.getAttribute("aria-pressed") === "true" ? "light" : "dark")));
  system.addEventListener("change", () => show());
  show(remembered());
})();
