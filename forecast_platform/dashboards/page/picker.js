// The list of items: search, order, keyboard. Only the rows in view are elements, so that 10,000 items are cheap.
"use strict";

const Picker = (() => {
  const ROW = 36;
  const list = document.getElementById("items");
  const tall = document.getElementById("items-height");
  const search = document.getElementById("search");
  const found = document.getElementById("found");
  const sort = document.getElementById("sort");

  let names = [];
  let scores = null;
  let texts = [];
  let byName = [];
  let order = "name";
  let visible = []; // indices of the series that match, in the order shown
  let chosen = -1;
  let onChoose = () => {};
  let scoreText = () => "";

  const normal = (text) => text.normalize("NFKC").toLowerCase();

  function start(facts, listener) {
    ({ names, scores } = facts);
    onChoose = listener;
    texts = names.map((name) => normal(name.join(" ")));
    byName = names.map((_, index) => index);
    sort.hidden = !scores;
    if (scores) scoreText = Format.column(scores);
    search.addEventListener("input", () => { filter(); scrollTo(0); });
    search.addEventListener("keydown", keyboard);
    list.addEventListener("scroll", rows, { passive: true });
    list.addEventListener("click", (event) => {
      const row = event.target.closest(".item");
      if (row) onChoose(Number(row.dataset.series));
    });
    sort.addEventListener("click", (event) => {
      if (event.target.dataset.sort) sortBy(event.target.dataset.sort);
    });
    new ResizeObserver(rows).observe(list);
    filter();
  }

  function sortBy(newOrder) {
    order = newOrder;
    sort.querySelectorAll("button").forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.sort === order)));
    filter();
    scrollTo(0);
  }

  function filter() {
    const words = normal(search.value).split(/\s+/).filter(Boolean);
    visible = byName.filter((index) => words.every((word) => texts[index].includes(word)));
    if (order === "score") visible.sort((a, b) => (scores[b] ?? -1) - (scores[a] ?? -1) || a - b);
    const all = Format.whole(names.length);
    found.textContent = words.length ? `${Format.whole(visible.length)} of ${all}` : all;
    tall.style.height = `${visible.length * ROW}px`;
    rows();
  }

  function rows() {
    const first = Math.max(0, Math.floor(list.scrollTop / ROW) - 5);
    const last = Math.min(visible.length, Math.ceil((list.scrollTop + list.clientHeight) / ROW) + 5);
    tall.replaceChildren(...visible.slice(first, last).map((index, offset) => row(index, first + offset)));
    if (!visible.length) tall.replaceChildren();
    const active = visible.indexOf(chosen);
    if (active >= first && active < last) search.setAttribute("aria-activedescendant", `item-${chosen}`);
    else search.removeAttribute("aria-activedescendant");
  }

  function row(index, position) {
    const element = document.createElement("div");
    element.className = "item";
    element.id = `item-${index}`;
    element.dataset.series = index;
    element.style.top = `${position * ROW}px`;
    element.setAttribute("role", "option");
    element.setAttribute("aria-selected", String(index === chosen));
    element.setAttribute("aria-posinset", position + 1);
    element.setAttribute("aria-setsize", visible.length);
    const label = document.createElement("span");
    label.className = "item-label";
    label.append(...title(names[index]));
    label.title = names[index].join(" · ");
    element.append(label);
    if (scores) {
      const score = document.createElement("span");
      score.className = "item-score";
      score.textContent = scoreText(scores[index]);
      score.title = "average wQL";
      element.append(score);
    }
    return element;
  }

  // "item · store": the dimensions are quieter than the item.
  function title([item, ...dimensions]) {
    const rest = document.createElement("span");
    rest.className = "dimension";
    rest.textContent = dimensions.map((dimension) => ` · ${dimension}`).join("");
    return dimensions.length ? [item, rest] : [item];
  }

  function keyboard(event) {
    const page = Math.max(1, Math.floor(list.clientHeight / ROW) - 1);
    const jump = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page }[event.key];
    if (event.key === "Escape" && search.value) {
      search.value = "";
      filter();
      reveal();
    } else if (event.key === "Enter" || jump !== undefined) {
      const now = visible.indexOf(chosen);
      const next = now < 0 || event.key === "Enter" ? Math.max(now, 0) : Math.min(Math.max(now + jump, 0), visible.length - 1);
      if (visible.length) onChoose(visible[next]);
    } else return;
    event.preventDefault();
  }

  function choose(index) {
    chosen = index;
    rows();
    reveal();
  }

  function reveal() {
    const position = visible.indexOf(chosen);
    if (position < 0) return;
    if (position * ROW < list.scrollTop) scrollTo(position * ROW);
    else if ((position + 1) * ROW > list.scrollTop + list.clientHeight) scrollTo((position + 1) * ROW - list.clientHeight);
  }

  function scrollTo(top) {
    list.scrollTop = top;
    rows();
  }

  return { start, choose, title };
})();
