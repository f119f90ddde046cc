// What the pages do by themselves: ages go on counting, a silent gate or a lost stream shows, keys reach the search.
(function () {
  "use strict";
  var LOST_AFTER = 15000; // ms; the stream beats every 5 s
  var lastWord = performance.now();

  // --- ages: counted from what the hub said, never from this machine's clock -----------------------------------------

  function secondsOld(element) {
    if (element.kakouBorn === undefined) element.kakouBorn = performance.now() - 1000 * Number(element.dataset.age);
    return Math.floor((performance.now() - element.kakouBorn) / 1000);
  }

  function inWords(seconds) {
    var words = document.body.dataset;
    if (seconds < 90) return words.agoSeconds.replace("%n", seconds);
    if (seconds < 5400) return words.agoMinutes.replace("%n", Math.round(seconds / 60));
    if (seconds < 172800) return words.agoHours.replace("%n", Math.round(seconds / 3600));
    return words.agoDays.replace("%n", Math.round(seconds / 86400));
  }

  function silence(gate) {
    var seen = gate.closest("details").querySelector(".gate-sheet [data-age]");
    if (!seen || secondsOld(seen) <= Number(gate.dataset.silentAfter)) return;
    gate.classList.replace("gate-live", "gate-silent");
    gate.removeAttribute("data-hash"); // when it speaks again, the hub sends what stood here before
    var state = gate.querySelector(".state");
    state.className = "state state-silent";
    state.querySelector(".state-text").textContent = gate.dataset.silentText;
  }

  function tick() {
    document.querySelectorAll("[data-age]").forEach(function (element) {
      var words = inWords(secondsOld(element));
      if (element.textContent !== words) element.textContent = words;
    });
    document.querySelectorAll("[data-silent-after]").forEach(silence);
    var banner = document.getElementById("stream-lost");
    if (banner) banner.hidden = performance.now() - lastWord < LOST_AFTER;
  }

  // --- the stream ----------------------------------------------------------------------------------------------------

  function heard() { lastWord = performance.now(); }

  document.addEventListener("htmx:sseOpen", function (event) {
    ["ledger", "gates", "alerts", "beat"].forEach(function (kind) { event.detail.source.addEventListener(kind, heard); });
  });
  document.addEventListener("htmx:sseError", function () { lastWord = Math.min(lastWord, performance.now() - LOST_AFTER); });
  document.addEventListener("htmx:afterSettle", tick);

  // --- keys: "/" to the search, Esc out of it or closes what is open --------------------------------------------------

  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    var typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    if (event.key === "/" && !typing) {
      var search = document.querySelector("[data-search]");
      if (search) {
        event.preventDefault();
        search.focus();
        search.select();
      }
    } else if (event.key === "Escape") {
      var menu = document.querySelector("details.menu[open], details.pop[open]");
      if (menu) {
        menu.open = false;
        menu.querySelector("summary").focus();
      } else if (typing) event.target.blur();
    }
  });

  document.addEventListener("click", function (event) {
    document.querySelectorAll("details.menu[open], details.pop[open]").forEach(function (menu) {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });

  // --- a tick after which only one thing is left to fill in leads there
  document.addEventListener("change", function (event) { if (event.target.checked && event.target.dataset.then) document.getElementById(event.target.dataset.then).focus(); });

  // --- a press lasts from before the button goes down until the click was dealt with: nothing is swapped meanwhile -----

  window.kakouPressed = false;
  function released() {
    setTimeout(function () {
      window.kakouPressed = false;
      document.dispatchEvent(new Event("kakou:released"));
    }, 0);
  }
  window.addEventListener("pointerdown", function () { window.kakouPressed = true; }, true);
  window.addEventListener("pointerup", released, true);
  window.addEventListener("pointercancel", released, true);
  window.addEventListener("pointermove", function (event) { if (window.kakouPressed && !event.buttons) released(); }, true);

  var waiting = null; // the "n new" of a list
  document.addEventListener("htmx:beforeSwap", function (event) {
    if (!window.kakouPressed || !event.target.matches(".fresh-slot")) return;
    event.detail.shouldSwap = false;
    waiting = event.target;
  });
  document.addEventListener("kakou:released", function () {
    if (waiting) window.htmx.trigger(waiting, "refresh");
    waiting = null;
  });

  // --- paper: a button that prints, and when that was, by the hub's clock --------------------------------------------

  document.querySelectorAll("[data-print]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () { window.print(); });
  });
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("[data-printed-at]").forEach(function (at) {
      var moment = new Date(1000 * Number(at.dataset.printedAt) + performance.now());
      at.textContent = moment.toLocaleString("sv", { timeZone: at.dataset.zone });
    });
  });

  tick();
  setInterval(tick, 1000);
})();
