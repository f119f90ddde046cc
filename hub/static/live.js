// The live page: what changed is swapped piece by piece, and nothing under a pointer or a finger moves.
(function () {
  "use strict";
  var board = document.getElementById("board");
  var more = document.getElementById("new-crossings");
  var hovers = window.matchMedia("(hover: hover)");
  var held = false, asked = false;
  if (!board) return;

  function refresh() { held = false; window.htmx.trigger(board, "refresh"); }

  // A part with links is left alone while a pointer rests on it, or the keyboard is in it; every part while something is pressed.
  function inUse(part) {
    if (window.kakouPressed) return true;
    if (asked || !part.closest("[data-hold]")) return false;
    var list = part.closest("[data-hold]");
    return part === list && ((hovers.matches && list.matches(":hover")) || list.querySelector(":focus-visible"));
  }

  function say(count) {
    more.textContent = count ? more.dataset.text.replace("%n", count) : "";
    more.classList.toggle("fresh-there", count > 0);
  }

  document.addEventListener("htmx:configRequest", function (event) {
    if (event.detail.elt !== board) return;
    event.detail.parameters.known = Array.from(document.querySelectorAll("[data-hash]"), function (part) { return part.dataset.hash; }).join(".");
  });

  document.addEventListener("htmx:oobBeforeSwap", function (event) {
    var part = event.detail.target;
    if (!inUse(part)) return part.id === "crossings" && say(0);
    event.preventDefault();
    held = true; // it is asked for again when the pointer has gone
    if (part.id !== "crossings") return;
    say(Array.from(event.detail.fragment.querySelectorAll("tr[id]")).filter(function (row) { return !document.getElementById(row.id); }).length);
  });

  document.addEventListener("htmx:afterRequest", function (event) { if (event.detail.elt === board) asked = false; });

  more.addEventListener("click", function () { asked = true; refresh(); });

  document.addEventListener("kakou:released", function () { if (held) refresh(); });
  function left(event) {
    var list = held && event.target.closest("[data-hold]");
    if (list) setTimeout(function () { if (held && !inUse(list)) refresh(); }, 50);
  }
  document.addEventListener("pointerout", left);
  document.addEventListener("focusout", left);
})();
