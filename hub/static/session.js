// The session of this page: a warning before its end, the way to sign in at its end, and the form that met its end.
(function () {
  "use strict";
  var PAUSE = 15000; // ms between two questions: another tab may have put the end off
  var strip = document.getElementById("session");
  var kept = document.getElementById("kept");
  var ends = 0, asked = 0, known = false, leaving = false;

  function posts(form) { return (form.getAttribute("method") || "").toLowerCase() === "post"; }
  function path(form) { return new URL(form.getAttribute("action") || "", location.href).pathname; }

  // --- the form that met the end of the session before: filled in, not sent ---------------------------------------------

  function fill(form, values) {
    Array.prototype.forEach.call(form.elements, function (field) {
      if (!field.name || /^(hidden|password|file|submit|button)$/.test(field.type)) return;
      var given = values.filter(function (pair) { return pair[0] === field.name; }).map(function (pair) { return pair[1]; });
      if (/^(checkbox|radio)$/.test(field.type)) field.checked = given.includes(field.value);
      else if (field.type === "select-multiple") Array.prototype.forEach.call(field.options, function (option) { option.selected = given.includes(option.value); });
      else if (given.length) field.value = given[0];
    });
    for (var part = form.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
    form.kakouTyped = true;
  }

  if (kept) {
    var again = Array.prototype.find.call(document.forms, function (form) { return posts(form) && path(form) === kept.dataset.action; });
    if (again) fill(again, JSON.parse(kept.dataset.values));
    kept.removeAttribute("data-values");
  }

  // --- the end ------------------------------------------------------------------------------------------------------------

  document.addEventListener("input", function (event) { if (event.target.form) event.target.form.kakouTyped = true; });
  document.addEventListener("htmx:configRequest", function (event) {
    var cause = event.detail.triggeringEvent;
    if (cause && cause.isTrusted) event.detail.headers["Kakou-By-Hand"] = "1"; // anything else is no act of the user
  });
  if (!strip) return;

  function over() {
    if (leaving) return;
    leaving = true;
    var typed = Array.prototype.find.call(document.forms, function (form) { return posts(form) && form.kakouTyped && !strip.contains(form); });
    if (!typed) return location.assign(strip.dataset.login + "?next=" + encodeURIComponent(location.pathname + location.search));
    typed.querySelectorAll("[type=password], [type=file]").forEach(function (field) { field.disabled = true; });
    var action = document.createElement("input");
    action.type = "hidden";
    action.name = "kept_action";
    action.value = path(typed);
    typed.append(action);
    typed.setAttribute("action", strip.dataset.ended);
    typed.setAttribute("enctype", "application/x-www-form-urlencoded");
    HTMLFormElement.prototype.submit.call(typed);
  }

  document.addEventListener("htmx:beforeOnLoad", function (event) { // what the page asked for by itself met the end first
    if (!(event.detail.xhr.getResponseHeader("HX-Redirect") || "").startsWith(strip.dataset.login)) return;
    event.preventDefault();
    over();
  });

  function ask(address, how) {
    asked = performance.now();
    fetch(address, how).then(function (answer) { return answer.json(); }).then(function (answer) {
      known = true;
      ends = performance.now() + 1000 * answer.left;
      if (answer.left <= 0) over();
      else draw();
    }).catch(function () { known = false; }); // a hub that is away ends nothing
  }

  function draw() {
    var left = Math.max(0, Math.ceil((ends - performance.now()) / 1000));
    var near = left <= Number(strip.dataset.warn);
    if (near && performance.now() - asked > (left ? PAUSE : 2000)) ask(strip.dataset.check);
    strip.hidden = !(near && known);
    strip.querySelector(".session-left").textContent = Math.floor(left / 60) + ":" + String(left % 60).padStart(2, "0");
  }

  ends = performance.now() + 1000 * Number(strip.dataset.left);
  asked = -PAUSE;
  strip.querySelector("form").addEventListener("submit", function (event) {
    event.preventDefault();
    ask(event.target.action, { method: "POST", body: new FormData(event.target), headers: { Accept: "application/json" } });
  });
  document.addEventListener("visibilitychange", function () { if (!document.hidden) ask(strip.dataset.check); });
  setInterval(draw, 1000);
})();
