// Small helps for pages that work without them: a live console, copying and sharing, one submit a form.
"use strict";

(function () {
  // Re-reads the page and swaps its <main>, keeping what the reader opened and where the focus is.
  function startRefresh(main) {
    var milliseconds = Number(main.dataset.refreshSeconds) * 1000;
    var focusable = "a, button, input, select, textarea, summary";

    function badge(connected) {
      var place = document.querySelector("[data-live]");
      if (!place) return;
      place.hidden = false;
      place.textContent = connected ? place.dataset.live : place.dataset.reconnecting;
      place.className = "badge " + (connected ? "badge-good" : "badge-warn");
    }

    function isBusy(main) {
      var field = document.activeElement;
      var typed = main.contains(field) && "defaultValue" in field && field.value !== field.defaultValue;
      return typed || String(window.getSelection()) !== "";
    }

    function swap(text) {
      var fresh = new DOMParser().parseFromString(text, "text/html").getElementById("main");
      var current = document.getElementById("main");
      if (!fresh || isBusy(current)) return;
      current.querySelectorAll("details[open][id]").forEach(function (opened) {
        var same = fresh.querySelector("#" + CSS.escape(opened.id));
        if (same) same.open = true;
      });
      var position = Array.prototype.indexOf.call(current.querySelectorAll(focusable), document.activeElement);
      current.replaceWith(fresh);
      reveal();
      var focused = position < 0 ? null : fresh.querySelectorAll(focusable)[position];
      if (focused) focused.focus({ preventScroll: true });
    }

    function refresh() {
      if (document.hidden) return wait();
      fetch(location.href, { headers: { Accept: "text/html" } })
        .then(function (response) {
          // An expired session answers with the door: show it instead of pretending to be live.
          if (response.redirected || response.status === 401) return location.reload();
          if (!response.ok) throw new Error(String(response.status));
          return response.text().then(function (text) {
            swap(text);
            badge(true);
          });
        })
        .catch(function () { badge(false); })
        .then(wait);
    }

    function wait() {
      var main = document.getElementById("main");
      if (main && main.dataset.refreshSeconds) {
        setTimeout(refresh, milliseconds);
      } else {
        var place = document.querySelector("[data-live]");
        if (place) place.hidden = true;
      }
    }

    badge(true);
    wait();
  }

  function say(text) {
    var place = document.querySelector(".copied");
    if (place) place.textContent = text;
  }

  // Shows the buttons that need this script.
  function reveal() {
    document.querySelectorAll("[data-print]").forEach(function (button) { button.hidden = false; });
    document.querySelectorAll("[data-copy]").forEach(function (button) { button.hidden = !navigator.clipboard; });
    document.querySelectorAll("[data-share]").forEach(function (button) { button.hidden = !navigator.share; });
  }

  document.addEventListener("click", function (event) {
    var button = event.target.closest ? event.target.closest("button") : null;
    if (!button) return;
    if ("print" in button.dataset) window.print();
    if (button.dataset.copy) {
      navigator.clipboard.writeText(button.dataset.copy).then(
        function () { say(button.dataset.done); },
        function () { say(button.dataset.failed); }
      );
    }
    if (button.dataset.share) {
      // Closing the share sheet rejects the promise and is no failure.
      navigator.share({ title: document.title, url: button.dataset.share }).catch(function () {});
    }
  });

  // A second click must not send a form twice; going back to the page makes its buttons work again.
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) { delete form.dataset.sent; });
  });

  reveal();
  var main = document.getElementById("main");
  if (main && main.dataset.refreshSeconds) startRefresh(main);
})();
