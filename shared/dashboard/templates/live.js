"use strict";
// Fetches this page again and puts what is new in its place: once, if it is still being asked for or is old; and while
// work goes on, every few seconds. Without this script a page stays as it was when it came.
(() => {
  const WAIT = 60; // seconds in which the answer may come
  const NEAR = 12; // siblings among which one is looked for
  const LONGEST = 300; // seconds between two attempts, however often none has succeeded
  const says = document.getElementById("live-says");
  const looked = document.getElementById("live-looked");
  const pause = document.getElementById("live-pause");
  const main = () => document.getElementById("main");
  const is = (...freshnesses) => freshnesses.includes(main().dataset.freshness);
  let tag = null; // of what is shown, once the server has said it
  let timer = 0;
  let asking = null; // ends the request that is under way
  let paused = false;
  let failures = 0;
  let failing = ""; // since when, for people
  let moved = false; // whether this page has ever moved

  const clock = (more = {}) => new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", ...more });

  // Assistive technology reads it out when it changes, so it is only touched when it does.
  function say(text) {
    if (says.textContent !== text) says.textContent = text;
  }

  function later(seconds) {
    clearTimeout(timer);
    timer = setTimeout(look, 1000 * seconds);
  }

  async function look() {
    clearTimeout(timer);
    if (asking || paused || (document.hidden && is("moving"))) return; // whoever comes back, or goes on, looks
    const mine = new AbortController();
    const limit = setTimeout(() => mine.abort(), 1000 * (WAIT + 15));
    const began = Date.now();
    asking = mine;
    try {
      const headers = { Accept: "text/html", Prefer: `wait=${WAIT}` };
      if (tag) headers["If-None-Match"] = tag;
      const answer = await fetch(location.pathname + location.search, { headers, cache: "no-store", signal: mine.signal });
      const text = await answer.text();
      if (asking === mine) heard(answer, text, (Date.now() - began) / 1000);
    } catch {
      if (asking === mine) failed("Cannot reach the dashboard");
    } finally {
      clearTimeout(limit);
      if (asking === mine) asking = null;
    }
  }

  function heard(answer, text, took) {
    if (answer.status === 202) return later(1); // still being asked: it goes on as long as somebody waits
    if (answer.status !== 200 && answer.status !== 304) {
      if (!is("asking")) return failed(`The dashboard answers with an error (${answer.status})`);
      show(text); // there is nothing else to be seen, and it says what to do
      main().dataset.freshness = "still";
      return rest();
    }
    failures = 0;
    if (answer.status === 200) {
      const first = is("asking");
      show(text);
      tag = answer.headers.get("ETag");
      if (first && location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
    }
    looked.textContent = `looked at ${clock({ second: "2-digit" })}`;
    rest();
    if (is("moving")) later(Math.max(Number(main().dataset.every), took)); // at most half of the time it is asking
  }

  function failed(what) {
    if (!failures) failing = clock();
    failures += 1;
    pause.hidden = false;
    say(`${what} since ${failing}, trying again.`);
    later(Math.min(Math.max(Number(main().dataset.every), 2) * 2 ** (failures - 1), LONGEST));
  }

  // Says how the page stands when nothing is wrong.
  function rest() {
    moved ||= is("moving");
    pause.hidden = !is("moving") && !paused;
    pause.textContent = paused ? "Go on" : "Pause";
    if (!moved) looked.textContent = "";
    if (paused) say("Paused.");
    else if (is("asking")) say("Asking BigQuery.");
    else if (is("moving")) say("Work is going on: this page moves by itself.");
    else if (is("still")) say(moved ? "Nothing moves any more: this page stays as it is now." : "");
  }

  function show(text) {
    const [before, style, after] = text.split(/<\/?style>/); // the policy of this page is not for the style of that one
    const fresh = new DOMParser().parseFromString(before + after, "text/html");
    if (!fresh.getElementById("main")) throw new Error("this is not a page of the dashboard");
    dress(style);
    if (document.title !== fresh.title) document.title = fresh.title;
    const held = grip();
    become(main(), fresh.getElementById("main"));
    become(document.querySelector("footer"), fresh.querySelector("footer"));
    regrip(held);
  }

  // A page may have a style of its own, which the policy of this one does not know.
  function dress(style) {
    if (style === (dress.worn ?? document.querySelector("style").textContent)) return;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
    document.adoptedStyleSheets = [sheet];
    dress.worn = style;
  }

  // Where the keyboard is, in case that element goes: by its id, or by where it leads.
  function grip() {
    const held = document.activeElement;
    return held && main().contains(held) && held !== main() ? { held, name: key(held) } : null;
  }

  function regrip(grip) {
    if (!grip || document.activeElement === grip.held) return;
    const again = [...main().querySelectorAll("a, [id]")].find((each) => key(each) === grip.name);
    (grip.name && again ? again : main()).focus({ preventScroll: true });
  }

  // What a node is the same by, wherever it stands among its siblings; others are the same by their place.
  function key(node) {
    if (node.nodeType !== Node.ELEMENT_NODE) return "";
    const name = node.id || node.getAttribute("href");
    return name ? `${node.nodeName} ${name}` : "";
  }

  // Makes `old` say what `fresh` says, and leaves alone what is the same: so the keyboard, the scroll position, what is
  // selected and what is folded open stay. A form belongs to whoever fills it in.
  function become(old, fresh) {
    if (old.nodeName === "FORM" || old.isEqualNode(fresh)) return;
    if (old.nodeType !== Node.ELEMENT_NODE) {
      old.nodeValue = fresh.nodeValue;
      return;
    }
    const folds = (name) => old.nodeName === "DETAILS" && name === "open";
    for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && !folds(name)) old.removeAttribute(name);
    for (const { name, value } of fresh.attributes) {
      if (old.getAttribute(name) !== value && !folds(name)) old.setAttribute(name, value);
    }
    const wanted = new Set([...fresh.childNodes].map(key));
    for (const child of [...old.childNodes]) if (key(child) && !wanted.has(key(child))) child.remove();
    const named = new Map();
    for (const child of old.childNodes) {
      if (key(child)) named.set(key(child), [...(named.get(key(child)) ?? []), child]);
    }
    let at = old.firstChild;
    for (const child of fresh.childNodes) {
      const same = key(child) ? named.get(key(child))?.shift() : match(at, child);
      while (same && at !== same && !key(at)) at = drop(at); // what stood before it is gone
      if (same && at === same) at = at.nextSibling;
      else old.insertBefore(same ?? document.importNode(child, true), at);
      if (same) become(same, child);
    }
    while (at) at = drop(at);
  }

  // Returns the node that `child`, which has no name, is the new state of: an element that is equal and stands a little
  // further on, because what stood before it is gone; or else what stands at this place, if it is of the same kind.
  function match(at, child) {
    let node = at;
    for (let steps = 0; steps < NEAR && node && !key(node); steps += 1, node = node.nextSibling) {
      if (node.nodeType === Node.ELEMENT_NODE && node.isEqualNode(child)) return node;
    }
    return at && !key(at) && at.nodeName === child.nodeName ? at : null;
  }

  function drop(node) {
    const next = node.nextSibling;
    node.remove();
    return next;
  }

  pause.addEventListener("click", () => {
    paused = !paused;
    asking?.abort();
    asking = null;
    clearTimeout(timer);
    failures = 0;
    rest();
    if (!paused) look();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && is("moving")) look();
  });

  rest();
  if (is("asking", "old")) look();
  else if (is("moving")) later(Number(main().dataset.every));
})();
