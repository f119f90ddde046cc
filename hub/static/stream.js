// The events of the hub for this tab. A browser opens six connections to a server at most, so a tab that nobody looks at gives its
// stream up while another tab passes on what it hears; what a page knows goes along, so that nothing is lost on the way.
(function () {
  "use strict";
  var KINDS = ["ledger", "gates", "alerts"];
  var COVERED_FOR = 12000; // ms; a stream beats every 5 s
  var me = Math.random();
  var channel = "BroadcastChannel" in window ? new BroadcastChannel("kakou-stream") : null;

  function Stream(address) {
    var self = this, source = null, coveredAt = -Infinity, retryAt = 0;
    var url = new URL(address, location.href), known = url.searchParams, listeners = {};
    this.readyState = 0; // for htmx always connecting: coming back is seen to here
    this.addEventListener = function (kind, act) {
      listeners[kind] = (listeners[kind] || []).filter(function (each) { return each !== act; }).concat(act);
    };
    this.removeEventListener = function (kind, act) {
      listeners[kind] = (listeners[kind] || []).filter(function (each) { return each !== act; });
    };
    this.close = function () { clearInterval(timer); stop(); };

    function param(kind) { return kind === "ledger" ? "after" : kind; }

    function say(kind, data) {
      if (kind !== "beat") known.set(param(kind), data);
      (listeners[kind] || []).forEach(function (act) { act({ type: kind, data: data }); });
    }

    function hear(event) {
      say(event.type, event.data);
      if (channel) channel.postMessage({ from: me, seen: !document.hidden, beat: event.type === "beat" && event.data, known: known.toString() });
    }

    function start() {
      source = new EventSource(url);
      KINDS.concat("beat").forEach(function (kind) { source.addEventListener(kind, hear); });
      source.onopen = function (event) { if (self.onopen) self.onopen(event); };
      source.onerror = function () { // htmx is not told: it would come back by itself, and complain of each pause
        if (!source || source.readyState !== EventSource.CLOSED) return;
        source = null; // refused: too many streams, or no session any more
        retryAt = performance.now() + 3000 + 4000 * Math.random();
      };
    }

    function stop() {
      if (source) source.close();
      source = null;
    }

    function decide() {
      var covered = document.hidden && performance.now() - coveredAt < COVERED_FOR;
      if (covered) stop();
      else if (!source && performance.now() >= retryAt) start();
    }

    if (channel) channel.onmessage = function (event) {
      var said = event.data, theirs = new URLSearchParams(said.known);
      // of two that nobody looks at, one goes on listening
      if (said.seen || said.from < me) coveredAt = performance.now();
      if (source) return;
      KINDS.forEach(function (kind) {
        if (theirs.get(param(kind)) !== known.get(param(kind))) say(kind, theirs.get(param(kind)));
      });
      if (said.beat) say("beat", said.beat);
    };
    document.addEventListener("visibilitychange", decide);
    var timer = setInterval(decide, 1000);
    start();
  }

  htmx.createEventSource = function (address) { return new Stream(address); };
})();
