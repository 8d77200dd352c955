/* What is typed into a form is kept on the server while it changes, and the form hears of saves by others. Nothing of it
   is stored in the browser. */
(() => {
  "use strict";

  const EVERY = 10_000;
  const LOOKS = 20_000;
  const LARGEST_ON_LEAVING = 60_000; /* browsers let a page that closes send 64 kB */

  const part = document.querySelector("[data-draft]");
  const form = document.querySelector("main form input[name=draft]")?.form;
  if (!part || !form) return;

  const [kept, lost, since] = ["kept", "lost", "since"].map((name) => part.querySelector(`[data-${name}]`));
  form.querySelector(".buttons")?.after(kept);
  part.after(lost); /* it stays in view as long as the form does */

  /* Neither a document nor what proves who somebody is. */
  const isProof = (name) => {
    const found = form.elements.namedItem(name);
    return found?.type === "password" || found?.autocomplete === "one-time-code";
  };
  const typed = () => {
    const words = new URLSearchParams();
    for (const [name, value] of new FormData(form)) {
      if (typeof value === "string" && !isProof(name)) words.append(name, value);
    }
    return words;
  };

  let last = typed().toString();
  let time = "";
  let isSent = false; /* the form itself is on its way, or closed: nothing more is kept */
  let isClosed = false;
  let underWay = null;

  const warn = (words) => {
    lost.textContent = words;
    lost.hidden = false;
  };
  const notKept = () => warn(time ? lost.dataset.sinceWords.replace("{time}", time) : lost.dataset.never);
  const close = (words) => {
    isClosed = true;
    warn(words);
  };
  const post = (address, body, more = {}) => fetch(address, { method: "POST", body, redirect: "manual", ...more });

  const heard = async (answer, words) => {
    if (answer.type === "opaqueredirect") {
      close(lost.dataset.over); /* these words wait for the sign-in; the press of the button carries the newest */
    } else if (answer.ok) {
      last = words;
      lost.hidden = true;
      kept.textContent = await answer.text();
      time = answer.headers.get("Kept-At") ?? time;
    } else if (answer.status === 410) {
      close(lost.dataset.closed);
    } else if (answer.status === 409 || answer.status === 413) {
      warn(await answer.text());
    } else {
      notKept();
    }
  };

  const keep = async (isLeaving = false) => {
    const words = typed();
    const text = words.toString();
    if (text === last || isSent || isClosed || (underWay && !isLeaving)) return;
    underWay = new AbortController();
    try {
      const more = { signal: underWay.signal, keepalive: isLeaving && text.length < LARGEST_ON_LEAVING };
      await heard(await post(part.dataset.keep, words, more), text);
    } catch {
      if (!isSent && !isLeaving) notKept();
    } finally {
      underWay = null;
    }
  };

  const look = async () => {
    if (document.hidden || isSent || isClosed) return;
    const asked = new URLSearchParams();
    for (const name of ["draft", "csrfmiddlewaretoken"]) asked.append(name, form.elements.namedItem(name).value);
    try {
      const answer = await post(part.dataset.watch, asked);
      if (answer.type === "opaqueredirect") warn(lost.dataset.over);
      if (answer.status === 410) close(lost.dataset.closed);
      if (answer.status !== 200) return;
      const told = await answer.text();
      if (since.dataset.told === told) return;
      since.dataset.told = told;
      since.innerHTML = told; /* made and escaped by the server */
      since.hidden = false;
    } catch {
      /* without a line nothing is heard; the next look comes */
    }
  };

  setInterval(() => keep(), EVERY);
  if (part.dataset.watch) setInterval(look, LOOKS);
  form.addEventListener("focusout", () => keep());
  document.addEventListener("visibilitychange", () => document.hidden && keep(true));
  window.addEventListener("pagehide", () => keep(true));
  window.addEventListener("pageshow", () => {
    isSent = false;
  });
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    isSent = true;
    underWay?.abort();
  });
})();
