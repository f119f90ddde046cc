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
    var seen = gate.querySelector("[data-age]");
    if (!seen || secondsOld(seen) <= Number(gate.dataset.silentAfter)) return;
    gate.classList.replace("gate-live", "gate-silent");
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
  document.addEventListener("htmx:afterSettle", function () {
    var count = document.querySelector("[data-title-count]");
    if (count) document.title = document.title.replace(/^\(\d+\)/, "(" + count.dataset.titleCount + ")");
    tick();
  });

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
      var menu = document.querySelector("details.menu[open]");
      if (menu) {
        menu.open = false;
        menu.querySelector("summary").focus();
      } else if (typing) event.target.blur();
    }
  });

  document.addEventListener("click", function (event) {
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });

  tick();
  setInterval(tick, 1000);
})();
