/* Small additions to pages that work without them: shortcuts, one send per form, kept drafts, labels of stacked tables. */
(() => {
  "use strict";

  const page = document.body;
  const field = (element) => element && (element.isContentEditable || element.matches("input, select, textarea"));
  const signal = (name) => document.querySelector(`[data-shortcut="${name}"]`);

  page.classList.add("js-enabled", "govuk-frontend-supported");

  const start = (scope) => {
    window.Frontend?.start(scope);
    for (const arrow of scope.querySelectorAll(".moj-button-menu svg")) arrow.setAttribute("aria-hidden", "true");
    labelCells(scope);
  };

  /* A row stacked on a phone shows the heading of each column before its cell. */
  const labelCells = (scope) => {
    for (const table of scope.querySelectorAll("table:not(.keeps)")) {
      const labels = [...table.querySelectorAll("thead th")].map((heading) => heading.textContent.trim());
      for (const row of table.querySelectorAll("tbody tr")) {
        [...row.cells].forEach((cell, place) => {
          const isLabelled = cell.dataset.label || cell.tagName !== "TD" || row.cells.length !== labels.length;
          if (!isLabelled && labels[place] && cell.textContent.trim()) {
            cell.dataset.label = labels[place];
          }
        });
      }
    }
  };

  /* The tab or list that is open stands in view where the row of them scrolls sideways. */
  const showCurrent = () => {
    for (const link of document.querySelectorAll(".tabs [aria-current], .nav [aria-current]")) {
      const list = link.closest("ul");
      const [outer, inner] = [list.getBoundingClientRect(), link.getBoundingClientRect()];
      list.scrollBy({ left: (inner.left + inner.right - outer.left - outer.right) / 2, behavior: "instant" });
    }
  };

  /* Browsers take passkeys only under a host name and over a safe connection: elsewhere the button could only fail. */
  const passkey = document.getElementById("passkey_login");
  if (passkey && (!window.PublicKeyCredential || /^[\d.]+$|^\[/.test(location.hostname))) {
    passkey.hidden = true;
    document.getElementById("passkey_elsewhere").hidden = false;
  }

  /* Paper is for browsers that script: the button shows only where it works. */
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }

  /* How long an emergency access runs still, counted from what the server said; the time of its end stands there anyway. */
  for (const clock of document.querySelectorAll("[data-left]")) {
    const language = document.documentElement.lang;
    const two = new Intl.NumberFormat(language === "ar" ? "ar-u-nu-arab" : language, { minimumIntegerDigits: 2 });
    const end = performance.now() + clock.dataset.left * 1000;
    const tick = () => {
      const left = Math.max(0, Math.ceil((end - performance.now()) / 1000));
      const time = `${two.format(Math.floor(left / 60))}:${two.format(left % 60)}`;
      clock.textContent = left ? clock.dataset.words.replace("{time}", time) : clock.dataset.over;
      if (left) setTimeout(tick, 1000);
    };
    clock.hidden = false;
    tick();
  }

  /* A form goes once: a second press waits for the answer to the first. */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || form.hasAttribute("hx-post")) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    event.submitter?.setAttribute("data-sent", "yes");
  });
  /* Words that were typed, not sent and not kept would be gone with the page: the browser asks first. Lock asks nothing. */
  let isTyped = false;
  const saves = (element) => element.form?.method === "post" && element.closest("[data-save]");
  document.addEventListener("input", ({ target }) => {
    if (saves(target)) isTyped = true;
  });
  document.addEventListener("submit", () => {
    isTyped = false;
  });
  window.addEventListener("beforeunload", (event) => {
    const lost = document.querySelector("[data-draft] [data-lost]");
    if (isTyped && (!lost || !lost.hidden)) event.preventDefault();
  });

  window.addEventListener("pageshow", () => {
    for (const sent of document.querySelectorAll("[data-sent]")) sent.removeAttribute("data-sent");
  });

  /* --- single keys: they open pages and move between rows; none decides or sends anything --- */

  let before = { key: "", at: 0 };

  const rows = () => [...document.querySelectorAll(".task, main tbody tr, .changes li")].filter((row) => row.querySelector("a"));

  const moveRow = (step) => {
    const all = rows();
    if (!all.length) return;
    const place = all.findIndex((row) => row.contains(document.activeElement));
    const next = all[Math.min(Math.max(place + step, 0), all.length - 1)];
    next.querySelector("a").focus();
    next.scrollIntoView({ block: "nearest" });
  };

  const go = (letter) => document.querySelector(`[data-go="${CSS.escape(letter)}"]`)?.click();

  const single = {
    "/": () => document.getElementById("find")?.focus(),
    "?": () => signal("?")?.click(),
    n: () => signal("n")?.click(),
    j: () => moveRow(1),
    k: () => moveRow(-1),
  };

  const lockTwice = (event) => {
    const twice = before.key === "Escape" && event.timeStamp - before.at < 600;
    if (twice) document.getElementById("lock")?.requestSubmit();
  };

  document.addEventListener("keydown", (event) => {
    if (page.dataset.shortcuts !== "on" || event.altKey || event.metaKey || event.repeat) return;
    if (event.key === "Escape" && !field(event.target)) lockTwice(event); // in a field it closes lists, and text would be lost
    else if (event.key === "Enter" && event.ctrlKey) event.target.closest?.("form[data-save]")?.requestSubmit();
    else if (!event.ctrlKey && !field(event.target)) {
      const follows = before.key === "g" && event.timeStamp - before.at < 1500;
      const act = follows ? () => go(event.key) : single[event.key];
      if (act) {
        event.preventDefault();
        act();
      }
    }
    before = field(event.target) ? { key: "", at: 0 } : { key: event.key, at: event.timeStamp };
  });

  /* A part that is fetched dims at once; after a second it is also said. */
  const waiting = document.getElementById("loading");
  let timer = 0;
  const sayLater = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      waiting.textContent = waiting.dataset.words;
    }, 1000);
  };
  const sayNothing = () => {
    clearTimeout(timer);
    waiting.textContent = "";
  };
  if (waiting) {
    document.addEventListener("htmx:beforeRequest", sayLater);
    document.addEventListener("htmx:afterRequest", sayNothing);
  }

  start(document);
  showCurrent();
  document.fonts?.ready.then(showCurrent);
  window.addEventListener("resize", showCurrent);
  document.addEventListener("htmx:load", ({ detail }) => {
    if (detail.elt !== page) start(detail.elt);
  });
})();
