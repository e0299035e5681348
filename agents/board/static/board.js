// The board's one script: live pages, keys, relative and local times. Without it every page works by plain forms.
"use strict";
(() => {
  const $ = (what, root = document) => root.querySelector(what);
  const $$ = (what, root = document) => [...root.querySelectorAll(what)];
  const UNDO_SECONDS = 10, MINUTE_MS = 60000, SILENT_MS = 13000;
  let undo = null, undoTimer = 0, current = null;

  // -- times ----------------------------------------------------------------------------------------------------------
  const span = (ms) => {
    const s = Math.floor(Math.abs(ms) / 1000);
    if (s < 60) return `${s} s`;
    if (s < 3600) return `${Math.floor(s / 60)} min`;
    if (s < 172800) { const h = Math.floor(s / 3600), m = Math.floor((s % 3600) / 60); return m && h < 12 ? `${h} h ${m} min` : `${h} h`; }
    return `${Math.floor(s / 86400)} days`;
  };
  const local = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hour12: false });
  const dated = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hour12: false });
  const times = () => {
    const now = Date.now();
    for (const one of $$("time")) {
      const at = Date.parse(one.dateTime);
      if (Number.isNaN(at)) continue;
      let text = one.textContent;
      if (one.classList.contains("at")) text = (new Date(at).toDateString() === new Date().toDateString() ? local : dated).format(at);
      else if (one.classList.contains("ago")) text = `${span(Math.max(now - at, 0))} ago`;
      else if (one.classList.contains("due")) { one.classList.toggle("late", at < now); text = `${span(at - now)} ${at < now ? "late" : "left"}`; }
      if (text !== one.textContent) one.textContent = text;
    }
  };

  // -- live -----------------------------------------------------------------------------------------------------------
  let version = Number(document.body.dataset.version), heard = Date.now(), lostAt = 0, source = null, loading = false, again = 0;
  const place = location.pathname + location.search;
  const busy = () => $("dialog[open]") || $$("main input:checked").length || (document.activeElement && document.activeElement.closest("main form:not(.answers):not(#next), main details"));
  // The live part alone, as of the change that the stream told of ("now": as it is now); one request at a time.
  const load = async (all, as = String(version)) => {
    const live = $("[data-live]");
    if (!live || document.hidden) return;
    if (loading) { again = all ? 2 : again || 1; return; }
    loading = true;
    try {
      const shown = live.dataset.live === "rows" ? $$(".item", live).map((one) => one.dataset.id).slice(0, 100).join(",") : "";
      const answer = await fetch(place, { headers: { "X-Winnow": "1", "X-Winnow-Fragment": as, "X-Winnow-Shown": shown }, redirect: "error" });
      if (!answer.ok) return;
      const next = $("[data-live]", new DOMParser().parseFromString(await answer.text(), "text/html"));
      if (!next) return;
      const token = $("input[name=token]", next);
      if (token) document.body.dataset.token = token.value;
      if (live.dataset.live === "whole") { if (!busy() || all) swap(live, next); }
      else rows(live, next, all);
      if (next.dataset.count) $("#count").textContent = next.dataset.count;
      times(); mark();
    } catch { /* the next change, or the next minute, tries again */ } finally {
      loading = false;
      if (again) { const whole = again === 2; again = 0; load(whole, "now"); }
    }
  };
  const nameOf = (unfolded, index) => unfolded.closest(".item")?.dataset.id ?? index;
  const swap = (live, next) => {
    const id = current && current.dataset.id, was = new Map($$("details", live).map((one, index) => [nameOf(one, index), one.open]));
    const focus = document.activeElement && live.contains(document.activeElement);
    const y = scrollY;
    live.replaceChildren(...next.childNodes);
    $$("details", live).forEach((one, index) => { one.open = was.get(nameOf(one, index)) ?? one.open; });
    current = id ? items().find((one) => one.dataset.id === id) || null : null;
    if (focus && current) current.focus({ preventScroll: true });
    scrollTo(0, y);
  };
  // Rows stay where they are: each is brought up to date in place, those that left the list too (answered, or taken back) until the list
  // is shown anew; new ones wait behind a button.
  const rows = (live, next, all) => {
    const known = new Map($$(".item", live).map((one) => [one.dataset.id, one]));
    const left = $$("[data-left]", next);
    for (const one of left) one.remove();
    const wanted = $$(".item", next);
    if (all || !known.size) { swap(live, next); $("#fresh").hidden = true; return; }
    for (const one of [...wanted, ...left]) {
      const mine = known.get(one.dataset.id);
      if (!mine) continue;
      const same = $(".meta .state", mine)?.textContent === $(".meta .state", one)?.textContent && $(".kind", mine)?.textContent === $(".kind", one)?.textContent;
      if (!same) replace(mine, one);
    }
    const news = wanted.filter((one) => !known.has(one.dataset.id)).length;
    $("#fresh").hidden = !news;
    if (news) $("#fresh button").textContent = `${news} new: show`;
  };
  const replace = (mine, one) => {
    const chosen = $("input:checked", mine);
    if (chosen) return;
    const focused = mine.contains(document.activeElement), open = $("details[open]", mine);
    mine.className = `${one.className} changed${mine === current ? " current" : ""}`;
    mine.replaceChildren(...one.childNodes);
    if (open) $$("details", mine).forEach((it) => { it.open = true; });
    if (focused || mine === current) mine.focus({ preventScroll: true });
    setTimeout(() => mine.classList.remove("changed"), 2500);
  };
  const lost = (is) => {
    const banner = $("#lost");
    if (is && !lostAt) lostAt = Date.now();
    if (!is) lostAt = 0;
    if (banner.hidden !== !is) banner.hidden = !is;
    if (is) $("#lost-since").textContent = `for ${span(Date.now() - lostAt)}`;
  };
  const listen = () => {
    source = new EventSource(`/events?${new URLSearchParams({ at: place, since: version })}`);
    source.addEventListener("state", (event) => {
      heard = Date.now();
      lost(false);
      const state = JSON.parse(event.data);
      $("#trouble").hidden = !state.trouble;
      $("#trouble span").textContent = state.trouble || "";
      $("#filling").hidden = state.caught_up || Boolean(state.trouble);
      if (state.as_of) { const time = document.createElement("time"); time.className = "ago"; time.dateTime = state.as_of; $("#asof").replaceChildren("as of ", time); times(); }
      if (state.version !== version) { version = state.version; load(false); }
    });
    source.onerror = () => { lost(true); if (source.readyState === EventSource.CLOSED) { source.close(); setTimeout(listen, 2000); } };
  };
  setInterval(() => load(false), MINUTE_MS);  // what time alone changes: who is late, what has ended
  setInterval(() => { times(); if (Date.now() - heard > SILENT_MS) lost(true); else if (lostAt) lost(true); }, 1000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) load(false, "now"); });

  // -- what was said --------------------------------------------------------------------------------------------------
  const toast = (text, action) => {
    clearTimeout(undoTimer);
    undo = action || null;
    const box = $("#toast"), button = $("button", box);
    $("span", box).textContent = text;
    box.hidden = false;
    button.hidden = !undo;
    undoTimer = setTimeout(() => { box.hidden = true; undo = null; }, UNDO_SECONDS * 1000);
  };
  const send = async (address, fields) => {
    const body = new URLSearchParams(fields);
    body.set("token", document.body.dataset.token);
    try {
      const answer = await fetch(address, { method: "POST", headers: { "X-Winnow": "1" }, body });
      const told = await answer.json();
      if (told.go) { location.href = told.go; return; }
      toast(told.said, told.action);
      if (answer.ok) await load(false, "now");
    } catch { toast("It is not known whether that got through. Look again once the connection is back."); }
  };
  $("#toast button").addEventListener("click", () => { if (undo) send("/answers", { action: undo, status: "undo" }); });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("form.answers, form.undo, #next") && event.submitter) {
      event.preventDefault();
      const fields = new FormData(form, event.submitter);
      fields.delete("token"); fields.delete("back");
      send(form.getAttribute("action"), fields);
    }
  });

  // -- keys -----------------------------------------------------------------------------------------------------------
  const items = () => $$(".item, .surge");
  const mark = () => { for (const one of items()) one.classList.toggle("current", one === current); };
  const move = (by) => {
    const all = items();
    if (!all.length) return;
    const at = current ? all.indexOf(current) : -1;
    current = all[Math.min(Math.max(at + by, 0), all.length - 1)];
    mark();
    current.focus({ preventScroll: true });
    current.scrollIntoView({ block: "nearest" });
  };
  const chosen = () => current || $(".one[data-id]");
  const answer = (status) => { const one = chosen(); if (one && $(".answers", one)) send("/answers", { action: one.dataset.id, status }); };
  const dialog = $("#decline");
  const decline = () => {
    const one = chosen();
    if (!one || !$(".answers .decline", one)) return;
    $(".what", dialog).textContent = ($(".open, h1", one) || one).textContent;
    dialog.dataset.id = one.dataset.id; dialog.returnValue = "";
    $("input", dialog).value = "";
    dialog.showModal();
    $(".reasons button", dialog).focus();
  };
  dialog.addEventListener("close", () => {
    const said = dialog.returnValue, comment = $("input", dialog).value.trim();
    if (said === "comment" ? comment : said) send("/answers", said === "comment" ? { action: dialog.dataset.id, status: "declined", comment } : { action: dialog.dataset.id, status: "declined", reason: said, comment });
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.decline");
    const item = event.target.closest(".item");
    if (item) { current = item; mark(); }
    if (link) { event.preventDefault(); decline(); }
    if (event.target.closest("#fresh button")) load(true, "now");
  });
  document.addEventListener("change", () => { $("#bulk")?.classList.toggle("empty", !$$("input[form=bulk]:checked").length); });
  $("#bulk")?.classList.add("empty");
  const keys = {
    j: () => move(1), k: () => move(-1), a: () => answer("acknowledged"), x: () => answer("done"), d: decline,
    u: () => undo && send("/answers", { action: undo, status: "undo" }),
    s: () => { const one = chosen(); if (one) location.href = `/silences?from=${encodeURIComponent(one.dataset.situation)}`; },
    n: () => $("#next button")?.click(), r: () => load(true, "now"), "/": () => $(".search input").focus(), "?": () => $("#keys").showModal(),
    Enter: () => { if (current && document.activeElement === current) $("a.open", current)?.click(); },
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (dialog.open) {
      const button = /^[1-9]$/.test(event.key) && !event.target.matches("input") && $$(".reasons button", dialog)[event.key - 1];
      if (button) { event.preventDefault(); button.click(); }
      return;
    }
    if ($("dialog[open]") || event.target.matches("input, select, textarea")) { if (event.key === "Escape") event.target.blur(); return; }
    const act = keys[event.key];
    if (act) { if (event.key !== "Enter") event.preventDefault(); act(); }
  });
  const show = $("#show-keys");
  show.hidden = false;
  show.addEventListener("click", () => $("#keys").showModal());

  times();
  listen();
})();
