// The gate's screen: fetches what changes twice a second, shows the camera, and brings keys for a screen without a keyboard.
// Every form works without this script.
"use strict";

const POLL = 500, OLD = 3000, FLASH = 5000, FRAME = 300, BLIND = 1500;
// the gate's own screen has no keyboard; a phone held upright brings its own
const bare = matchMedia("(min-width: 641px) and (max-height: 620px)");

function live() {
  const place = document.getElementById("live");
  if (!place) return;
  const lost = document.getElementById("lost"), said = document.getElementById("said");
  let shown = "", answered = Date.now();
  setTimeout(() => document.getElementById("flashes")?.replaceChildren(), FLASH);
  function replace(text) {
    // in a template nothing is loaded: each camera keeps the picture it has, and the finger its button
    const fresh = document.createElement("template");
    fresh.innerHTML = text;
    for (const image of place.querySelectorAll(".camera img")) {
      const seat = fresh.content.getElementById(image.id);
      if (!seat) continue;
      seat.parentElement.classList.toggle("blind", image.parentElement.classList.contains("blind"));
      seat.replaceWith(image);
    }
    const focus = document.activeElement?.id;
    place.replaceChildren(fresh.content);
    if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
    const words = [...place.querySelectorAll(".question, .big, .plate, .reason, .arm")].map((each) => each.textContent.trim()).join(" ");
    if (said.textContent !== words) said.textContent = words;
  }
  async function look() {
    try {
      const answer = await fetch(place.dataset.source, { cache: "no-store", signal: AbortSignal.timeout(OLD) });
      if (!answer.ok) throw new Error(answer.status);
      const text = await answer.text();
      answered = Date.now();
      // a finger that is down keeps the button it is on
      if (text !== shown && !place.querySelector("button:active, a:active")) { replace(text); shown = text; }
    } catch { /* said below: the picture is old */ }
    lost.hidden = Date.now() - answered < OLD;
    setTimeout(look, POLL);
  }
  function watch(image) {
    const source = image.parentElement.dataset.camera;
    const next = (wait) => setTimeout(() => { if (document.hidden) next(BLIND); else image.src = `${source}&n=${Date.now()}`; }, wait);
    const seen = (good) => { image.parentElement.classList.toggle("blind", !good); next(good ? FRAME : BLIND); };
    image.addEventListener("load", () => seen(true));
    image.addEventListener("error", () => seen(false));
    next(0);
  }
  place.querySelectorAll(".camera img").forEach(watch);
  look();
}

// -- keys: a board of the sort that the field asks for, below the page -----------------------------------------------------------
function keys() {
  const board = document.getElementById("board");
  if (!board) return;
  const sorts = [...board.querySelectorAll("[data-keys]")];
  let field = null;
  const show = (sort) => sorts.forEach((each) => { each.hidden = each.dataset.keys !== sort; });
  const sort = () => field.dataset.board !== "province" ? field.dataset.board : field.value === "" ? "province" : "letters";
  function open(wanted) {
    if (wanted === field) return;
    field = wanted;
    board.hidden = !field;
    if (!field) return;
    show(sort());
    field.scrollIntoView({ block: "nearest" });
  }
  document.addEventListener("focusin", (event) => {
    if (event.target.dataset?.board && (bare.matches || board.classList.contains("always"))) {
      if (bare.matches) event.target.inputMode = "none";
      open(event.target);
    } else if (event.target.matches?.("input, textarea")) open(null);
  });
  // the field keeps the focus while its keys are pressed
  board.addEventListener("pointerdown", (event) => event.preventDefault());
  board.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button || !field) return;
    const { key, show: wanted } = button.dataset;
    if (wanted) return show(wanted);
    if (key === "done") { const left = field; left.blur(); open(null); left.dispatchEvent(new CustomEvent("done", { bubbles: true })); return; }
    const full = field.maxLength > 0 && field.value.length >= field.maxLength;
    if (key === "back") field.value = field.value.slice(0, -1);
    else if (!full) field.value += key;
    if (field.dataset.board === "province" && field.value.length < 2) show(sort());
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  return { open, close: () => open(null) };
}

function register(board) {
  const form = document.getElementById("register");
  if (!form) return;
  const plate = form.querySelector("#plate"), warning = form.querySelector("#plate-warning");
  const known = form.querySelector("[data-quick=known]"), classes = form.querySelector("[data-quick=classes]");
  const step = (name) => form.querySelectorAll("[data-step]").forEach((each) => { each.hidden = each.dataset.step !== name; });
  let chosen = false;
  function offer() {
    const typed = plate.value.toUpperCase();
    // few characters: vehicles that were here; a whole plate, or none: what it is
    const classing = chosen || typed.length > 5;
    known.hidden = classing;
    classes.hidden = !classing;
    for (const each of known.querySelectorAll("[data-plate]")) each.hidden = typed !== "" && !each.dataset.plate.includes(typed);
  }
  async function check() {
    offer();
    const typed = plate.value;
    const answer = await fetch(`${form.dataset.check}?plate=${encodeURIComponent(typed)}`).then((reply) => reply.json()).catch(() => null);
    // few characters are not a plate yet, and never blocked: the warning only asks for a second look
    if (answer && plate.value === typed) warning.textContent = answer.warning && typed.length > 5 ? answer.warning : "";
  }
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const { go, plate: picked } = button.dataset;
    if (picked !== undefined) {
      plate.value = picked;
      chosen = true;
      const radio = form.querySelector(`input[name=vehicle_class][value="${CSS.escape(button.dataset.class)}"]`);
      if (radio) radio.checked = true;
      const same = [...classes.children].find((each) => each.value === button.dataset.class);
      if (same) classes.prepend(same);
      check();
    }
    if ("flip" in button.dataset) {
      const now = form.querySelector("input[name=direction]:not(:checked)");
      now.checked = true;
      button.querySelectorAll("[data-way]").forEach((each) => { each.hidden = each.dataset.way !== now.value; });
    }
    if (go) {
      form.querySelector("#plate-shown").value = plate.value || "无牌 no plate";
      step(go);
      if (go === "plate") plate.focus(); else board.close();
    }
  });
  plate.addEventListener("input", () => { chosen = false; check(); });
  plate.addEventListener("done", () => { chosen = true; offer(); });
  plate.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); chosen = true; offer(); } });
  form.querySelector("[data-flip]").hidden = false;
  step("plate");
  check();
  plate.focus({ preventScroll: true });
  board.open(plate);
}

// -- a form in steps: who, why, PIN. Each choice leads on -------------------------------------------------------------------------
function steps() {
  for (const form of document.querySelectorAll("form[data-steps]")) {
    const parts = [...form.querySelectorAll("[data-step]")];
    const show = (place) => { parts.forEach((each, at) => { each.hidden = at !== place; }); (parts[place].querySelector("[aria-invalid]") ?? parts[place].querySelector("[data-board]"))?.focus(); };
    // a click and no change: a tap on what is chosen already goes on, too
    form.addEventListener("click", (event) => {
      const button = event.target.closest("[data-to]"), at = parts.findIndex((each) => each.contains(event.target));
      if (button) show(Number(button.dataset.to));
      else if (event.target.type === "radio" && at + 1 < parts.length) show(at + 1);
    });
    show(Number(form.dataset.steps));
  }
}

// -- what is offered under a field fills it in one touch, and stays marked while it stands there ---------------------------------
function offers() {
  for (const group of document.querySelectorAll("[data-offers]")) {
    const field = group.closest("form").elements[group.dataset.offers];
    const mark = () => { for (const each of group.children) each.setAttribute("aria-pressed", each.textContent === field.value); };
    group.hidden = false;
    group.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      // a second touch takes it back
      field.value = field.value === button.textContent ? "" : button.textContent;
      mark();
    });
    field.addEventListener("input", mark);
    mark();
  }
}

// -- nothing of the browser's own over the lane: no menu, no drag, no zoom, none of its keys; on a phone all of that stays ---------
function quiet() {
  const editing = new Set(["a", "c", "v", "x", "z"]);
  const stop = (event) => { if (bare.matches) event.preventDefault(); };
  for (const name of ["contextmenu", "dragstart", "dragover", "drop"]) addEventListener(name, stop, true);
  addEventListener("wheel", (event) => { if (event.ctrlKey) stop(event); }, { capture: true, passive: false });
  addEventListener("keydown", (event) => {
    const { key, ctrlKey, altKey, metaKey, shiftKey } = event;
    const edits = ctrlKey && !altKey && !metaKey && !shiftKey && editing.has(key.toLowerCase());
    if (((ctrlKey || altKey || metaKey) && !edits) || (shiftKey && key === "Escape") || /^F\d+$|^Browser|^Launch|^ContextMenu$|^Help$|^Print/.test(key)) stop(event);
  }, true);
}

quiet();
live();
const board = keys();
register(board);
offers();
steps();
document.querySelector("form:not([data-steps]) [aria-invalid]")?.focus();
