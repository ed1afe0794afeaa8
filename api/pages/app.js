// What pages gain with a script: keys, lint as one types, zoom by drag, tips,
// and word of what is new. Everything works without it. Text of the world is
// only ever set as text.
"use strict";
(() => {
  const base = document.body.dataset.base;
  const $ = (sel, el = document) => el.querySelector(sel);
  const all = (sel, el = document) => [...el.querySelectorAll(sel)];
  const make = (tag, cls, text) => {
    const el = document.createElement(tag);
    if (cls) el.className = cls;
    if (text) el.textContent = text;
    return el;
  };

  // On a small screen the navigation is rolled to where one is.
  const here = $(".top nav a[aria-current]");
  if (here) here.parentElement.scrollLeft = here.offsetLeft - here.parentElement.offsetLeft - 48;

  // Keys.
  let prefix = "";
  let at = -1;
  const hits = () => all(".hit");
  const move = (by) => {
    const list = hits();
    if (!list.length) return;
    if (list[at]) list[at].classList.remove("at");
    at = Math.min(Math.max(at + by, 0), list.length - 1);
    list[at].classList.add("at");
    $("h3 a", list[at]).focus({ preventScroll: true });
    list[at].scrollIntoView({ block: "nearest" });
  };
  const press = (sel) => {
    const el = hits()[at] && $(sel, hits()[at]);
    if (el) el.click();
  };
  const keys = {
    j: () => move(1), k: () => move(-1), o: () => press("h3 a"), v: () => press("a.out"),
    x: () => press("input[name=id]"), s: () => press("button[data-act=star]"), i: () => press("button[data-act=irrelevant]"),
    "/": () => { const q = $("#q") || $("#quick"); if (q) { q.focus(); q.select(); } },
    "?": () => $("#keys").showModal(),
  };
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName) && e.target.type !== "checkbox") return;
    if (prefix) {
      const link = $(`nav a[data-key="${CSS.escape(prefix)} ${CSS.escape(e.key)}"]`);
      prefix = "";
      if (link) { e.preventDefault(); link.click(); return; }
    }
    if (e.key === "g") { prefix = "g"; setTimeout(() => { prefix = ""; }, 1200); return; }
    if (keys[e.key]) { e.preventDefault(); keys[e.key](); }
  });

  // Lint as one types.
  for (const input of all("[data-lint]")) {
    const out = $("#" + input.dataset.lint);
    let timer;
    let turn = 0;
    const check = async () => {
      const mine = ++turn;
      const q = input.value.trim();
      let messages = [];
      if (q && q !== "*") {
        try {
          const res = await fetch(base + "/api/v1/query/lint?q=" + encodeURIComponent(q), { headers: { Accept: "application/json" } });
          if (res.ok) messages = (await res.json()).messages;
        } catch { return; }
      }
      if (mine !== turn) return;
      out.replaceChildren(...messages.slice(0, 4).map((m) => {
        const line = make("span", m.severity === "error" ? "say err" : "say", m.message + " ");
        if (m.hint) line.append(make("em", "", m.hint));
        return line;
      }));
      input.setAttribute("aria-invalid", String(messages.some((m) => m.severity === "error")));
    };
    input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(check, 250); });
    input.addEventListener("keydown", (e) => {
      if (e.key === "Enter" && input.tagName === "TEXTAREA" && !e.shiftKey && input.dataset.enter) { e.preventDefault(); input.form.requestSubmit(); }
    });
  }

  // Drag over a chart to zoom; the period goes into the address.
  for (const fig of all("[data-zoom]")) {
    for (const svg of all("svg.zoomable, .wide svg", fig)) {
      svg.classList.add("zoomable");
      const cols = all("[data-from]", svg);
      if (!cols.length) continue;
      let start = null, box = null, moved = false;
      const column = (x) => cols.find((c) => { const r = $("path", c).getBoundingClientRect(); return x >= r.left && x <= r.right; });
      const edges = (a, b) => { const i = cols.indexOf(a), j = cols.indexOf(b); return [cols[Math.min(i, j)], cols[Math.max(i, j)]]; };
      svg.addEventListener("dragstart", (e) => e.preventDefault());
      svg.addEventListener("pointerdown", (e) => { if (e.button === 0 && e.pointerType === "mouse") { start = column(e.clientX); moved = false; } });
      addEventListener("pointermove", (e) => {
        if (!start) return;
        const now = column(e.clientX);
        if (!now || now === start && !moved) return;
        moved = true;
        const [a, b] = edges(start, now);
        const ra = $("path", a).getBBox(), rb = $("path", b).getBBox();
        if (!box) { box = document.createElementNS(svg.namespaceURI, "rect"); box.setAttribute("class", "pick"); svg.append(box); }
        box.setAttribute("x", ra.x);
        box.setAttribute("y", ra.y);
        box.setAttribute("height", ra.height);
        box.setAttribute("width", rb.x + rb.width - ra.x);
        box.dataset.from = a.dataset.from;
        box.dataset.to = b.dataset.to || cols[cols.indexOf(b) + 1].dataset.from;
      });
      addEventListener("pointerup", () => {
        if (start && moved && box) {
          const url = new URL(location.href);
          for (const k of ["period", "cursor", "done", "undo"]) url.searchParams.delete(k);
          url.searchParams.set("from", box.dataset.from);
          url.searchParams.set("to", box.dataset.to);
          location.assign(url);
        }
        start = null;
      });
      svg.addEventListener("click", (e) => { if (moved) { e.preventDefault(); moved = false; } }, true);
    }
  }

  // Tips at once, instead of after a second.
  const tip = make("div", "tip");
  tip.hidden = true;
  document.body.append(tip);
  document.addEventListener("pointermove", (e) => {
    const el = e.target.closest && e.target.closest("svg g, svg a");
    const title = el && $(":scope > title", el);
    if (title) { el.dataset.tip = title.textContent; title.remove(); }
    const text = el && el.dataset.tip;
    tip.hidden = !text;
    if (!text) return;
    tip.textContent = text;
    const w = tip.offsetWidth;
    tip.style.left = Math.max(4, Math.min(e.clientX + 12, innerWidth - w - 8)) + "px";
    tip.style.top = e.clientY + 16 + "px";
  });

  // Several at once.
  for (const form of all("form[data-bulk]")) {
    const boxes = all("input[name=id]");
    const told = $("[data-count]", form);
    const tell = () => { const n = boxes.filter((b) => b.checked).length; if (told) told.textContent = n ? n + " marked" : "none marked"; };
    const every = $("[data-all]", form);
    if (every) { every.hidden = false; every.addEventListener("click", () => { const on = boxes.some((b) => !b.checked); for (const b of boxes) b.checked = on; tell(); }); }
    for (const b of boxes) b.addEventListener("change", tell);
    tell();
  }
  for (const sel of all("select[data-submit]")) sel.addEventListener("change", () => sel.form.requestSubmit());

  // What one typed outlives an expired session or a closed tab.
  for (const el of all("[data-keep]")) {
    const key = "keep " + location.pathname + " " + el.name;
    const old = sessionStorage.getItem(key);
    if (old !== null && el.value === el.defaultValue && el.defaultValue === "") el.value = old;
    el.addEventListener("input", () => sessionStorage.setItem(key, el.value));
    if (el.form) el.form.addEventListener("submit", () => { if (el.form.dataset.done) sessionStorage.removeItem(key); });
  }

  // What is new, without moving what one reads.
  if (document.body.dataset.live && "EventSource" in window) {
    let mentions = 0;
    const fired = new Map();
    const pill = $("#live") || (() => { const d = make("div"); d.id = "live"; d.setAttribute("role", "status"); $("#main").prepend(d); return d; })();
    const show = () => {
      const say = [];
      const rules = [...new Set([...fired.values()].reverse())]; // the latest first
      if (rules.length) say.push(rules.slice(0, 3).join(", ") + (rules.length > 3 ? " and " + (rules.length - 3) + " more" : "") + (rules.length === 1 ? " is firing" : " are firing"));
      if (mentions) say.push(mentions === 1 ? "1 new mention" : mentions + " new mentions");
      if (!say.length) return;
      const link = make("a", "", say.join(" · ") + " — show");
      const url = new URL(location.href);
      for (const k of ["cursor", "done", "undo"]) url.searchParams.delete(k);
      link.href = url.pathname + url.search;
      pill.replaceChildren(link);
    };
    const source = new EventSource(base + "/api/v1/events?" + document.body.dataset.live);
    let due = 0;
    const soon = () => { if (!due) due = setTimeout(() => { due = 0; show(); }, 1000); };
    source.addEventListener("mention", () => { mentions++; soon(); });
    source.addEventListener("incident", (e) => {
      try { const i = JSON.parse(e.data); if (i.state === "firing" && !i.acked) { fired.delete(i.id); fired.set(i.id, i.rule); soon(); } } catch { /* not ours to mend */ }
    });
    source.addEventListener("error", async () => {
      if (source.readyState !== EventSource.CLOSED) return; // it comes back by itself
      let res;
      try { res = await fetch(base + "/api/v1/me", { headers: { Accept: "application/json" } }); } catch { return; }
      if (res.status !== 401) return;
      const link = make("a", "", "You are not signed in any more; what you type here is kept. Sign in again");
      link.href = location.pathname + location.search;
      link.target = "_blank";
      link.rel = "noopener";
      pill.replaceChildren(link);
    });
    addEventListener("pagehide", () => source.close());
  }
})();
