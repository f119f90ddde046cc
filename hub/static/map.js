// The map: the plan with Leaflet, and on it the signs of the gates, each a copy of the one in the list beside.
(function () {
  "use strict";
  var box = document.getElementById("map"), list = document.getElementById("map-gates");
  if (!box || !window.L) return;
  var data = box.dataset, picture = data.kind === "picture";
  var width = Number(data.width), height = Number(data.height);
  var form = data.drag && document.getElementById(data.drag);
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

  function fill(gate, at) {
    var xy = fromMap(at), digits = picture ? 1 : 6;
    form.elements.gate.value = gate;
    form.elements.x.value = xy[0].toFixed(digits);
    form.elements.y.value = xy[1].toFixed(digits);
  }

  function show() {
    var seen = {};
    list.querySelectorAll("[data-gate]").forEach(function (row, number) {
      var gate = row.dataset.gate, placed = row.dataset.x !== undefined;
      if (!placed && !form) return;
      seen[gate] = true;
      var sign = row.querySelector("[data-sign]").cloneNode(true);
      var icon = L.divIcon({ html: sign, className: placed ? "map-marker" : "map-marker map-unplaced", iconSize: null });
      if (signs[gate]) { signs[gate].setIcon(icon); return; }
      // one that has no place yet waits at the edge, for an admin to drag it from there
      var at = placed ? toMap(Number(row.dataset.x), Number(row.dataset.y))
        : picture ? toMap(60, 60 + 70 * number) : map.getBounds().getCenter();
      signs[gate] = L.marker(at, { icon: icon, keyboard: false, draggable: Boolean(form), autoPan: true }).addTo(map);
      if (form) signs[gate].on("dragend", function (event) { fill(gate, event.target.getLatLng()); });
    });
    Object.keys(signs).forEach(function (gate) {
      if (!seen[gate]) { signs[gate].remove(); delete signs[gate]; }
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
