// Lists to tick: one tick for all, how many are ticked, and from the tick for all on to the reason.
(function () {
  "use strict";

  document.querySelectorAll("[data-ticks]").forEach(function (form) {
    var every = form.querySelector("[data-tick-all]");
    var all = every && every.querySelector("input");
    var count = form.querySelector("[data-ticked]");
    var boxes = Array.from(form.querySelectorAll("tbody input[type=checkbox], [data-tick]"));

    function show() {
      var ticked = boxes.filter(function (box) { return box.checked; }).length;
      if (count) count.textContent = ticked ? String(ticked) : "";
      if (all) {
        all.checked = ticked > 0 && ticked === boxes.length;
        all.indeterminate = ticked > 0 && ticked < boxes.length;
      }
    }

    if (every) every.hidden = false;
    form.addEventListener("change", function (event) {
      if (event.target === all) {
        var on = all.checked;
        boxes.forEach(function (box) { box.checked = on; });
        var reason = form.querySelector("[name=reason]");
        if (on && reason) reason.focus();
      }
      show();
    });
    show();
  });
})();
