// What lies under the pointer of a histogram, in words.
"use strict";

(() => {
  const tip = Object.assign(document.createElement("div"), { className: "tip", hidden: true });
  document.body.append(tip);
  const format = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
  const shares = (list) => (list ? list.split(" ").map((one) => `${format.format(one / 100)} %`) : []);

  function words(picture, place) {
    const { edges, base, now, tails } = picture.dataset;
    const [low, high] = edges.split(" ").map(Number);
    const [before, after] = [shares(base), shares(now)];
    const bins = Math.max(before.length, after.length);
    const bin = Math.min(Math.floor(place * bins), bins - 1);
    const edge = (number) => format.format(low + ((high - low) * number) / bins);
    const range = bin === 0 && tails.includes("low") ? `up to ${edge(1)}`
      : bin === bins - 1 && tails.includes("high") ? `from ${edge(bin)}` : `${edge(bin)} to ${edge(bin + 1)}`;
    const said = [before.length && `baseline ${before[bin]}`, after.length && `current ${after[bin]}`].filter(Boolean);
    return `${range}: ${said.join(", ")}`;
  }

  function move({ target, clientX, clientY }) {
    const picture = target.closest?.("svg.histogram");
    tip.hidden = !picture;
    if (!picture) return;
    const { left, width } = picture.getBoundingClientRect();
    tip.textContent = words(picture, Math.max(0, (clientX - left) / width));
    const most = document.documentElement.clientWidth - tip.offsetWidth - 8;
    tip.style.left = `${Math.max(8, Math.min(clientX + 12, most))}px`;
    tip.style.top = `${clientY > 60 ? clientY - 40 : clientY + 20}px`;
  }

  // The title would appear on top of these words after a second.
  document.querySelectorAll("svg.histogram").forEach((picture) => {
    picture.setAttribute("aria-label", picture.querySelector("title").textContent);
    picture.querySelector("title").remove();
  });
  document.addEventListener("pointermove", move);
  document.addEventListener("pointerdown", move);
  addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });
})();
