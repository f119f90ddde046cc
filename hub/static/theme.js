// Before the page is painted: where no theme was chosen, the machine's own.
(function () {
  var page = document.documentElement;
  if (page.dataset.theme !== "auto") return;
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  var follow = function () { page.setAttribute("data-bs-theme", dark.matches ? "dark" : "light"); };
  follow();
  dark.addEventListener("change", follow);
})();
