// Draws each chart from the table beside it: columns marked `data-series` are its series, a cell's `data-n` its number. Series differ by
// pattern and by the shape of their points, not by colour alone. Without this script the tables say everything.
"use strict";

(() => {
  const style = getComputedStyle(document.documentElement);
  const colour = (name, otherwise) => style.getPropertyValue(name).trim() || otherwise;
  const ink = colour("--ink", "#17212b");
  const soft = colour("--soft", "#526069");
  const line = colour("--line-2", "#d5dadd");
  const paper = colour("--sheet", "#ffffff");
  const dark = matchMedia("(prefers-color-scheme: dark)").matches && document.documentElement.dataset.theme === "auto"
    || document.documentElement.dataset.bsTheme === "dark";
  const inks = dark ? ["#7cb4ff", "#f2b263", "#ff9a8f", "#e6edf2"] : ["#1c5fa8", "#9a5b00", "#a3211b", "#17212b"];

  // stripes one way, the other way, dots: each drawn on a tile of 8 by 8
  const tiles = [
    null,
    (draw) => { draw.moveTo(-2, 10); draw.lineTo(10, -2); draw.moveTo(-2, 2); draw.lineTo(2, -2); draw.moveTo(6, 10); draw.lineTo(10, 6); },
    (draw) => { draw.moveTo(0, 0); draw.lineTo(8, 8); draw.moveTo(8, 0); draw.lineTo(0, 8); },
    (draw) => { draw.moveTo(0, 4); draw.lineTo(8, 4); },
  ];

  function fill(number) {
    const at = number % inks.length;
    if (tiles[at] === null) return inks[at];
    const tile = document.createElement("canvas");
    tile.width = tile.height = 8;
    const draw = tile.getContext("2d");
    draw.fillStyle = paper;
    draw.fillRect(0, 0, 8, 8);
    draw.strokeStyle = inks[at];
    draw.lineWidth = 2;
    draw.beginPath();
    tiles[at](draw);
    draw.stroke();
    return draw.createPattern(tile, "repeat");
  }

  function series(table) {
    const heads = [...table.tHead.rows[0].cells];
    const rows = [...table.tBodies[0].rows];
    return heads.flatMap((head, column) => head.dataset.series ? [{
      label: head.textContent.trim(),
      type: head.dataset.series,
      data: rows.map((row) => row.cells[column].dataset.n === undefined ? null : Number(row.cells[column].dataset.n)),
    }] : []);
  }

  function sets(found) {
    return found.map((each, number) => each.type === "line" ? {
      ...each, borderColor: inks[3], backgroundColor: inks[3], borderWidth: 2, borderDash: [6, 3], pointStyle: "rectRot", pointRadius: 3, order: 0, yAxisID: "inside",
    } : { ...each, backgroundColor: fill(number), borderColor: inks[number % inks.length], borderWidth: 1, order: 1 });
  }

  function draw(canvas) {
    const table = document.getElementById(canvas.dataset.table);
    const found = series(table);
    const labels = [...table.tBodies[0].rows].map((row) => row.cells[0].textContent.trim());
    const time = canvas.dataset.chart === "time";
    const grid = { color: line };
    const ticks = { color: soft, precision: 0 };
    const values = { beginAtZero: true, grid, ticks };
    const names = { grid: { display: false }, ticks: { color: soft, autoSkip: time, maxRotation: time ? 60 : 0 } };
    const scales = time ? { x: names, y: values } : { y: names, x: values };
    if (time) scales.inside = { position: "right", grid: { display: false }, ticks, title: { display: true, text: found.at(-1).label, color: soft } };
    new Chart(canvas, {
      type: "bar",
      data: { labels, datasets: sets(found) },
      options: {
        animation: false, maintainAspectRatio: false, responsive: true, indexAxis: time ? "x" : "y", color: ink, scales,
        plugins: { legend: { display: found.length > 1, position: "bottom", labels: { color: ink, usePointStyle: false } } },
      },
    });
  }

  for (const canvas of document.querySelectorAll("canvas[data-chart]")) draw(canvas);
})();
