// The gate's screen: fetches what changes twice a second, and the keys of the plate form. All of it works without this script.
"use strict";

const POLL = 500, OLD = 3000, FLASH = 4000;

function live() {
  const place = document.getElementById("live");
  if (!place) return;
  const lost = document.getElementById("lost");
  let shown = "", answered = Date.now();
  setTimeout(() => document.getElementById("flashes")?.replaceChildren(), FLASH);
  async function look() {
    try {
      const answer = await fetch(place.dataset.source, { cache: "no-store", signal: AbortSignal.timeout(OLD) });
      if (!answer.ok) throw new Error(answer.status);
      const text = await answer.text();
      answered = Date.now();
      // a finger that is down keeps the button it is on
      if (text !== shown && !place.querySelector("button:active")) { place.innerHTML = text; shown = text; }
    } catch { /* said below: the picture is old */ }
    lost.hidden = Date.now() - answered < OLD;
    setTimeout(look, POLL);
  }
  look();
}

function register() {
  const form = document.getElementById("register");
  if (!form) return;
  const plate = form.querySelector("#plate"), warning = form.querySelector("#plate-warning");
  const step = (name) => form.querySelectorAll("[data-step]").forEach((each) => { each.hidden = each.dataset.step !== name; });
  const boards = [...form.querySelectorAll("[data-keys]")], swap = form.querySelector("[data-swap-keys]");
  const keys = (name) => boards.forEach((each) => { each.hidden = each.dataset.keys !== name; });
  async function check() {
    keys(plate.value === "" ? "province" : "letters");
    const typed = plate.value;
    const answer = await fetch(`${form.dataset.check}?plate=${encodeURIComponent(typed)}`).then((reply) => reply.json()).catch(() => null);
    // few characters are not a plate yet, and never blocked: the warning only asks for a second look
    if (answer && plate.value === typed) warning.textContent = answer.warning && typed.length > 5 ? `▲ ${answer.warning}` : "";
  }
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const { key, go } = button.dataset;
    if (key) { plate.value = key === "back" ? plate.value.slice(0, -1) : plate.value + key; check(); }
    if (button === swap) keys(boards.find((each) => each.hidden).dataset.keys);
    if (go) { form.querySelector("#plate-shown").value = plate.value || "无牌 no plate"; step(go); }
  });
  plate.addEventListener("input", check);
  plate.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); form.querySelector("[data-go=details]").click(); } });
  swap.hidden = false;
  step("plate");
  check();
}

live();
register();
