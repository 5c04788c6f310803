"use strict";
(() => {
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);
  root.classList.add("js");

  // The theme: what the system says, until the reader says otherwise.
  const themes = ["auto", "light", "dark"];
  const themeButton = byId("theme");
  const setTheme = (name) => {
    if (name === "auto") root.removeAttribute("data-theme"); else root.dataset.theme = name;
    themeButton.textContent = "Theme: " + name;
  };
  let theme = "auto";
  try { theme = localStorage.getItem("keyfit-theme") || "auto"; } catch { /* not allowed here */ }
  if (!themes.includes(theme)) theme = "auto";
  setTheme(theme);
  themeButton.addEventListener("click", () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    setTheme(theme);
    try { localStorage.setItem("keyfit-theme", theme); } catch { /* not allowed here */ }
  });

  const cards = [...document.querySelectorAll(".card")];
  if (cards.length === 0) return;
  const query = byId("q");
  const selects = [...document.querySelectorAll("select[data-filter]")];
  const rows = [...document.querySelectorAll(".matrix tbody tr")].map((row) => ({ row, cells: [...row.querySelectorAll(".cell")] }));
  const more = byId("more");
  const showMore = byId("show-more");
  const texts = new Map();
  let current = "";

  // What a card is searched by; read when somebody searches.
  const textOf = (card) => {
    let text = texts.get(card);
    if (text === undefined) {
      text = card.textContent.toLowerCase();
      texts.set(card, text);
    }
    return text;
  };

  const readState = () => new URLSearchParams(location.hash.slice(1));
  const writeState = () => {
    const state = new URLSearchParams();
    for (const s of selects) if (s.value) state.set(s.dataset.filter, s.value);
    if (query.value.trim()) state.set("q", query.value.trim());
    if (current) state.set("key", current);
    const hash = state.toString();
    if (hash !== location.hash.slice(1)) history.replaceState(null, "", hash ? "#" + hash : location.pathname + location.search);
  };

  const matches = (card, words, chosen) =>
    chosen.every(([name, index]) => card.dataset[name].split(" ").includes(index)) &&
    words.every((word) => textOf(card).includes(word));

  const apply = () => {
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    const chosen = selects.filter((s) => s.selectedIndex > 0).map((s) => [s.dataset.filter, String(s.selectedIndex - 1)]);
    const all = words.length + chosen.length === 0;
    let shown = 0;
    const visible = cards.map((card) => {
      const hit = all || matches(card, words, chosen);
      card.hidden = !hit;
      if (hit) shown++;
      return hit;
    });
    for (const { row, cells } of rows) {
      let any = false;
      for (const cell of cells) {
        const hit = cell.dataset.cards.split(" ").some((n) => visible[n]);
        cell.classList.toggle("dim", !hit);
        any = any || hit;
      }
      row.hidden = !any;
    }
    if (more) {
      more.hidden = all && !more.dataset.all;
      showMore.hidden = !more.hidden;
    }
    for (const s of selects) s.classList.toggle("set", s.selectedIndex > 0);
    byId("empty").hidden = shown > 0;
    byId("clear").hidden = all;
    byId("shown").textContent = all ? "" : shown + " of " + cards.length + (cards.length === 1 ? " key" : " keys");
  };

  const show = (n, focus) => {
    const card = cards[n];
    if (!card) return;
    current = String(n);
    card.hidden = false;
    card.open = true;
    card.scrollIntoView({ block: "start" });
    if (focus) card.querySelector("summary").focus({ preventScroll: true });
  };

  // The state of the page is in its address, so that a view can be handed on.
  const restore = () => {
    const jump = location.hash.match(/^#[bs](\d+)$/);
    const state = jump ? new URLSearchParams({ key: jump[1] }) : readState();
    for (const s of selects) {
      const at = [...s.options].findIndex((o) => o.value === (state.get(s.dataset.filter) || ""));
      s.selectedIndex = Math.max(0, at);
    }
    query.value = state.get("q") || "";
    current = state.get("key") || "";
    apply();
    if (current) show(Number(current), false);
  };

  let timer = 0;
  query.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => { apply(); writeState(); }, 120);
  });
  for (const s of selects) s.addEventListener("change", () => { apply(); writeState(); });
  byId("clear").addEventListener("click", () => {
    query.value = "";
    for (const s of selects) s.selectedIndex = 0;
    apply();
    writeState();
    query.focus();
  });
  if (showMore) showMore.addEventListener("click", () => {
    more.dataset.all = "yes";
    apply();
    const first = more.querySelector("a");
    if (first) first.focus();
  });
  const openAll = (open) => { for (const card of cards) if (!card.hidden) card.open = open; };
  byId("open-all").addEventListener("click", () => openAll(true));
  byId("close-all").addEventListener("click", () => openAll(false));

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-cards]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const wanted = link.dataset.cards.split(" ");
    show(wanted.find((n) => !cards[n].hidden) || wanted[0], true);
    writeState();
  });

  // Cells with the same key are marked together.
  const mark = (event, on) => {
    const cell = event.target.closest && event.target.closest(".cell");
    const same = cell && cell.querySelector(".same");
    if (!same) return;
    for (const other of document.querySelectorAll(".cell .same"))
      if (other.dataset.same === same.dataset.same) other.closest(".cell").classList.toggle("twin", on);
  };
  for (const [name, on] of [["mouseover", true], ["focusin", true], ["mouseout", false], ["focusout", false]])
    document.addEventListener(name, (event) => mark(event, on));

  // "/" goes to the search, arrows go through the matrix.
  const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  const walk = (cell, [down, right]) => {
    const td = cell.closest("td");
    if (right) {
      let next = td;
      do next = right > 0 ? next.nextElementSibling : next.previousElementSibling; while (next && !next.querySelector(".cell"));
      return next && next.querySelector(".cell");
    }
    const all = rows.map((r) => r.row).filter((r) => !r.hidden && !r.parentNode.hidden);
    for (let i = all.indexOf(td.parentNode) + down; all[i]; i += down) {
      const found = all[i].cells[td.cellIndex].querySelector(".cell");
      if (found) return found;
    }
    return null;
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const cell = event.target.closest(".cell");
    if (event.key === "/" && !event.target.closest("input, select")) {
      event.preventDefault();
      query.focus();
    } else if (event.key === "Escape" && event.target === query && query.value) {
      event.preventDefault();
      query.value = "";
      apply();
      writeState();
    } else if (cell && steps[event.key]) {
      const next = walk(cell, steps[event.key]);
      event.preventDefault();
      if (next) next.focus();
    }
  });

  window.addEventListener("hashchange", restore);
  window.addEventListener("beforeprint", () => { for (const card of cards) if (!card.classList.contains("passed")) card.open = true; });
  restore();
})();
