// The roster by dragging: somebody is dropped into a cell, and the hidden form says so. The form and the buttons do the same.
(function () {
  "use strict";
  var form = document.querySelector("[data-roster-move]");
  if (!form) return;
  var dragged = null;

  document.addEventListener("dragstart", function (event) {
    dragged = event.target.closest && event.target.closest("[data-staff]");
    if (!dragged) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.staff);
  });
  document.addEventListener("dragend", function () { dragged = null; });
  document.querySelectorAll(".roster-cell[data-day]").forEach(function (cell) {
    cell.addEventListener("dragover", function (event) {
      if (!dragged) return;
      event.preventDefault();
      cell.classList.add("roster-target");
    });
    cell.addEventListener("dragleave", function () { cell.classList.remove("roster-target"); });
    cell.addEventListener("drop", function (event) {
      if (!dragged) return;
      event.preventDefault();
      var from = (dragged.dataset.from || "///").split("/");
      var values = { staff: dragged.dataset.staff, day: cell.dataset.day, shift: cell.dataset.shift, gate: cell.dataset.gate, from_day: from[0], from_shift: from[1], from_gate: from[2] };
      Object.keys(values).forEach(function (name) { form.elements[name].value = values[name]; });
      form.submit();
    });
  });
})();
