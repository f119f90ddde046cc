// The bar of alerts: count in title and header, sound, and a bar that does not change under a pointer; keys on the page of alerts.
(function () {
  "use strict";
  var AGAIN = { critical: 5000, serious: 20000, notice: 60000 }; // ms between two sounds of what nobody has acknowledged
  var TONES = { critical: [988, 740, 988], serious: [740, 587], notice: [523] }; // Hz
  var LEASE = 4000; // ms; one tab of the browser sounds
  var bar = document.getElementById("alerts-bar"), button = document.getElementById("alerts-sound");
  var me = Math.random().toString(36).slice(2), sounds = [], audio = null;
  var later = document.getElementById("alerts-waiting"), deafUntil = 0;

  function kept(name, value) { // what the tabs of this browser share; without storage each is alone
    try {
      if (value !== undefined) localStorage.setItem("kakou-" + name, JSON.stringify(value));
      return JSON.parse(localStorage.getItem("kakou-" + name));
    } catch (error) { return null; }
  }

  // --- the count -------------------------------------------------------------------------------------------------------

  function take(row) {
    var count = Number(row.dataset.calls), badge = document.getElementById("alerts-count"), icon = document.getElementById("favicon");
    document.title = (count ? "(" + count + ") " : "") + document.title.replace(/^\(\d+\) /, "");
    badge.textContent = count;
    badge.hidden = !count;
    icon.href = count ? icon.dataset.calling : icon.dataset.calm;
    sounds = row.dataset.sounds.split(" ").filter(Boolean).map(function (each) {
      var parts = each.split(":");
      return { key: parts[0], severity: parts[1], again: parts[2] === "again" };
    });
    sound();
  }

  // --- the bar does not change under a pointer or while somebody types in it ----------------------------------------------

  function busy() { // a bar without an alert has nothing to press
    if (window.kakouPressed || bar.contains(document.activeElement) || bar.querySelector("details[open]")) return true;
    return bar.matches(":hover") && bar.querySelector(".call-acts") !== null;
  }

  function says(row) { return row ? row.textContent.replace(/\s+/g, " ") : ""; }

  document.addEventListener("htmx:beforeSwap", function (event) {
    if (event.detail.target !== bar || !event.detail.shouldSwap) return;
    var row = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html").querySelector("[data-calls]");
    if (!row) { event.detail.shouldSwap = false; return; }
    take(row);
    if (event.detail.requestConfig.verb !== "get") deafUntil = performance.now() + 700; // the second half of a double click
    else if (busy()) event.detail.shouldSwap = false;
    later.hidden = event.detail.shouldSwap || says(row) === says(bar.querySelector("[data-calls]"));
  });

  function catchUp() {
    if (!later.hidden && !busy()) htmx.trigger(bar, "refresh");
  }

  ["mouseleave", "focusout"].forEach(function (kind) { bar.addEventListener(kind, function () { setTimeout(catchUp, 50); }); });
  bar.addEventListener("toggle", catchUp, true);
  document.addEventListener("kakou:released", catchUp);
  bar.addEventListener("click", function (event) { if (performance.now() < deafUntil) { event.preventDefault(); event.stopPropagation(); } }, true);

  // --- the sound ------------------------------------------------------------------------------------------------------

  function show() {
    var state = !kept("sound") ? "off" : audio && audio.state === "running" ? "on" : "refused";
    if (button.dataset.state === state) return;
    button.dataset.state = state;
    button.querySelector(".sound-on").hidden = state !== "on";
    button.querySelector(".sound-off").hidden = state === "on";
    button.querySelector(".call-sound-words").textContent = button.dataset[state];
    button.setAttribute("aria-pressed", state === "on");
  }

  function wake() { // browsers let a page sound only after a click or key in it
    if (!kept("sound")) return;
    audio = audio || new AudioContext();
    if (audio.state === "suspended") audio.resume().then(show, show);
    show();
  }

  function play(severity) {
    TONES[severity].forEach(function (pitch, place) {
      var tone = audio.createOscillator(), loud = audio.createGain(), at = audio.currentTime + 0.22 * place;
      tone.frequency.value = pitch;
      loud.gain.setValueAtTime(0.0001, at);
      loud.gain.exponentialRampToValueAtTime(severity === "notice" ? 0.15 : 0.4, at + 0.02);
      loud.gain.exponentialRampToValueAtTime(0.0001, at + 0.2);
      tone.connect(loud).connect(audio.destination);
      tone.start(at);
      tone.stop(at + 0.21);
    });
    button.dataset.played = Number(button.dataset.played || 0) + 1;
  }

  function leads() {
    var lease = kept("sounding"), now = Date.now();
    if (lease && lease.tab !== me && now - lease.at < LEASE) return false;
    kept("sounding", { tab: me, at: now });
    return true;
  }

  function sound() {
    show();
    if (button.dataset.state !== "on" || !leads()) return;
    var now = Date.now(), played = kept("played") || {}, due = sounds.filter(function (each) {
      return !played[each.key] || (each.again && now - played[each.key] >= AGAIN[each.severity]);
    });
    if (!due.length) return;
    // the worst alone: the bar has them in that order, and those that are due with it count as heard
    play(due[0].severity);
    var still = {};
    sounds.forEach(function (each) { if (played[each.key]) still[each.key] = played[each.key]; });
    due.forEach(function (each) { still[each.key] = now; });
    kept("played", still);
  }

  var pressed = null; // what the button said when it was pressed: the press itself lets the page sound, before the click is there
  ["pointerdown", "keydown"].forEach(function (kind) {
    document.addEventListener(kind, function (event) { pressed = button.contains(event.target) ? button.dataset.state : null; }, true);
  });
  button.addEventListener("click", function () {
    kept("sound", (pressed || button.dataset.state) !== "on");
    pressed = null;
    wake();
    show();
  });
  document.addEventListener("submit", function (event) { if (event.target.matches("[data-sound-offer]")) kept("sound", true); });
  ["pointerdown", "keydown"].forEach(function (kind) { document.addEventListener(kind, wake); });
  window.addEventListener("pagehide", function () { if ((kept("sounding") || {}).tab === me) kept("sounding", null); });

  // --- the page of alerts: j and k through them, a acknowledges, Enter opens ---------------------------------------------

  var rows = Array.from(document.querySelectorAll("[data-row]"));

  document.addEventListener("keydown", function (event) {
    if (!rows.length || event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT|BUTTON|A)$/.test(event.target.tagName)) return;
    var here = rows.indexOf(document.activeElement);
    if (event.key === "j" || event.key === "k") {
      var next = rows[Math.max(0, Math.min(rows.length - 1, here + (event.key === "j" ? 1 : -1)))];
      next.focus({ preventScroll: true });
      next.scrollIntoView({ block: "nearest" });
      return;
    }
    var aim = here < 0 ? null : rows[here].querySelector({ a: "[data-acknowledge]", Enter: "[data-open]" }[event.key] || "none");
    if (!aim) return;
    if (event.key === "a") aim.form.elements.next.value += "#" + (rows[here + 1] || rows[here - 1] || rows[here]).id; // goes on with the next
    aim.click();
  });

  document.addEventListener("htmx:sseOpen", function (event) {
    var changed = document.getElementById("alerts-changed");
    if (changed) event.detail.source.addEventListener("alerts", function () { changed.hidden = false; });
  });

  wake();
  take(bar.querySelector("[data-calls]"));
  setInterval(sound, 1000);
})();
