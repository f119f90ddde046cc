// The map: the plan with Leaflet, and on it the signs of the gates (or a village's marks), each a copy of the one in the list beside.
(function () {
  "use strict";
  var box = document.getElementById("map"), list = document.getElementById("map-gates");
  if (!box || !window.L) return;
  var data = box.dataset, picture = data.kind === "picture";
  var width = Number(data.width), height = Number(data.height);
  var form = data.drag && document.getElementById(data.drag);
  var pen = data.draw && document.getElementById(data.draw), drawn = null;
  var map = L.map(box, {
    attributionControl: false, keyboard: false, zoomControl: false, zoomSnap: 0.25, minZoom: -6,
    crs: picture ? L.CRS.Simple : L.CRS.EPSG3857
  });
  L.control.zoom({ zoomInTitle: data.zoomIn, zoomOutTitle: data.zoomOut }).addTo(map);
  var signs = {};

  // a picture is measured from its upper left corner in thousandths, the map from the lower left in pixels
  function toMap(x, y) { return picture ? L.latLng(height * (1 - y / 1000), width * x / 1000) : L.latLng(y, x); }
  function fromMap(at) {
    return picture ? [1000 * at.lng / width, 1000 * (1 - at.lat / height)] : [at.lng, at.lat];
  }

  // a shape as the forms have it: "120 340; 200 340"
  function corners(text) {
    return text.split(/[;\n]/).map(function (part) { return part.trim().split(/[\s,]+/).map(Number); })
      .filter(function (xy) { return xy.length === 2 && isFinite(xy[0]) && isFinite(xy[1]); });
  }
  function written(places) {
    return places.map(function (at) { return fromMap(at).map(function (n) { return Number(n.toFixed(picture ? 1 : 6)); }).join(" "); }).join("; ");
  }
  function onMap(text) { return corners(text).map(function (xy) { return toMap(xy[0], xy[1]); }); }

  function fill(gate, at, shape) {
    var xy = fromMap(at), digits = picture ? 1 : 6;
    form.elements.gate.value = gate;
    if (form.elements.shape) { form.elements.shape.value = shape; return; }
    form.elements.x.value = xy[0].toFixed(digits);
    form.elements.y.value = xy[1].toFixed(digits);
  }

  function show() {
    var seen = {};
    list.querySelectorAll("[data-gate]").forEach(function (row, number) {
      var gate = row.dataset.gate, shape = row.dataset.shape && onMap(row.dataset.shape), placed = Boolean(shape) || row.dataset.x !== undefined;
      if (!placed && !form) return;
      seen[gate] = true;
      var sign = row.querySelector("[data-sign]").cloneNode(true);
      var icon = L.divIcon({ html: sign, className: (placed ? "map-marker" : "map-marker map-unplaced") + (shape ? " plan-marker" : ""), iconSize: null });
      if (signs[gate]) { signs[gate].setIcon(icon); return; }
      // one that has no place yet waits at the edge, for an admin to drag it from there
      var area = shape && shape.length > 2 && L.polygon(shape, { className: "map-area plan-colour-" + row.dataset.colour, interactive: false }).addTo(map);
      var at = shape ? (area ? area.getCenter() : shape[0]) : placed ? toMap(Number(row.dataset.x), Number(row.dataset.y))
        : picture ? toMap(60, 60 + 70 * number) : map.getBounds().getCenter();
      signs[gate] = L.marker(at, { icon: icon, keyboard: false, draggable: Boolean(form), autoPan: true }).addTo(map);
      if (form) signs[gate].on("dragend", function (event) {
        var to = event.target.getLatLng();
        // an area goes along with its sign
        var moved = shape && shape.map(function (each) { return L.latLng(each.lat + to.lat - at.lat, each.lng + to.lng - at.lng); });
        if (area) area.setLatLngs(moved);
        fill(gate, to, moved && written(moved));
      });
    });
    Object.keys(signs).forEach(function (gate) {
      if (!seen[gate]) { signs[gate].remove(); delete signs[gate]; }
    });
  }

  // the form of a new mark: a click on the plan adds a corner of an area, or says where the sign stands
  function draw() {
    var places = onMap(pen.elements.shape.value);
    if (drawn) drawn.remove();
    drawn = places.length > 1 ? L.polygon(places, { className: "map-drawn", interactive: false })
      : places.length ? L.circleMarker(places[0], { className: "map-drawn", radius: 9, interactive: false }) : null;
    if (drawn) drawn.addTo(map);
  }
  if (pen) {
    var undo = pen.querySelector("[data-undraw]"), field = pen.elements.shape;
    undo.hidden = false;
    undo.addEventListener("click", function () { field.value = written(onMap(field.value).slice(0, -1)); draw(); });
    field.addEventListener("input", draw);
    map.on("click", function (event) {
      field.value = written((pen.elements.kind.value === "area" ? onMap(field.value) : []).concat([event.latlng]));
      draw();
    });
  }

  if (picture) {
    var bounds = [[0, 0], [height, width]];
    L.imageOverlay(data.plan, bounds, { alt: "" }).addTo(map);
    map.fitBounds(bounds);
    map.setMaxBounds(L.latLngBounds(bounds).pad(0.3));
    show();
  } else {
    fetch(data.plan).then(function (answer) { return answer.json(); }).then(function (shapes) {
      var layer = L.geoJSON(shapes, {
        style: { className: "map-shape", weight: 2 },
        pointToLayer: function (_feature, at) { return L.circleMarker(at, { className: "map-shape", radius: 4 }); },
        onEachFeature: function (feature, each) {
          var text = document.createElement("span");
          text.textContent = feature.properties.name;
          if (feature.properties.name) each.bindTooltip(text, { permanent: true, direction: feature.geometry.type === "Point" ? "right" : "center", className: "map-label" });
        },
        interactive: false
      }).addTo(map);
      map.fitBounds(layer.getBounds().pad(0.1));
      show();
    });
  }
  list.addEventListener("htmx:afterSwap", show);
})();
