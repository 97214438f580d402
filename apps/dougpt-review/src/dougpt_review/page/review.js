"use strict";
// Answers go into an outbox and are shown as given at once; each leaves it when the server says that it is on the disk.
// Ids are made by the server with each question, so that sending an answer twice gives one label.
const byId = (id) => document.getElementById(id);
const page = document.body.dataset.page;
const OUTBOX = "dougpt-review-outbox-";
const READY = 2;
const HOLD_EVERY_MS = 120000;
const STEP_MS = 3000;

function kept(store, name, fallback) {
  try {
    return JSON.parse(store.getItem(name)) ?? fallback;
  } catch {
    return fallback;
  }
}

function keep(store, name, value) {
  try {
    store.setItem(name, JSON.stringify(value));
  } catch {
    // Without a store the page still works; only a reload forgets what was not sent.
  }
}

async function post(path, fields) {
  const body = new URLSearchParams(fields);
  const answer = await fetch(path, { method: "POST", body, headers: { Accept: "application/json" } });
  return { status: answer.status, told: answer.status === 403 ? {} : await answer.json().catch(() => ({})) };
}

function trouble(text) {
  byId("trouble").textContent = text;
  byId("trouble").hidden = !text;
}

// ---- what is shown ----

const form = () => byId("answers");
const shown = () => form().dataset.question;
const ready = []; // the questions that come next, fetched before they are needed
let fetching = null;
let waiting = false; // an answer was given and nothing is ready yet

function progress(told) {
  if (!told) return;
  byId("bar").value = Math.min(told.today, told.goal);
  byId("count").replaceChildren(Object.assign(document.createElement("b"), { textContent: told.today }), ` of ${told.goal} in this sitting`);
  byId("worth").textContent = told.worth;
  const minutes = told.minutes === null ? "" : told.minutes < 1 ? "under a minute left" : `about ${Math.round(told.minutes)} min left`;
  byId("pace").textContent = told.today >= told.goal ? "the goal is reached; go on as long as you like" : minutes;
}

function show(item) {
  const made = document.createElement("template");
  made.innerHTML = item.html; // made by our own server, which escapes every text
  for (const zone of made.content.querySelectorAll("[data-zone]")) {
    document.querySelector(`[data-zone=${zone.dataset.zone}]`).replaceWith(zone);
  }
  history.replaceState(null, "", `/q/${item.name}?page=${page}`);
  begin();
  byId("asked").focus({ preventScroll: true });
}

function begin() {
  remember();
  player.load(form().dataset);
  const strip = document.querySelector(".strip .lines");
  const best = "blind" in document.body.dataset ? null : document.querySelector(".choices button");
  const line = best && strip.querySelector(`[value="${best.value}"]`);
  strip.scrollTop = line ? line.closest("li").offsetTop - strip.clientHeight / 2 : strip.scrollHeight;
  middle(document.querySelector(".chat .asked"));
  if (byId("auto").checked) player.play();
}

function middle(line) {
  const list = line && line.closest(".lines");
  if (list) list.scrollTop = line.offsetTop - list.clientHeight / 2;
}

function holding() {
  return [shown(), ...ready.map((item) => item.name), ...outbox.filter((one) => one.question).map((one) => one.question)];
}

function fill() {
  if (fetching || ready.length >= READY) return;
  const fields = [["page", page], ...holding().map((name) => ["holding", name])];
  fetching = post("/next", fields)
    .then(({ status, told }) => {
      fetching = null;
      if (status !== 200) throw new Error(told.error || `the server answers ${status}`);
      if (told.name === null) return over();
      if (!holding().includes(told.name)) ready.push(told);
      if (waiting) next();
      fill();
    })
    .catch(() => {
      fetching = null;
      setTimeout(fill, 1500);
    });
}

function next() {
  const item = ready.shift();
  waiting = !item;
  document.body.classList.toggle("waiting", waiting);
  if (item) show(item);
  fill();
}

function over() {
  if (!waiting) return;
  if (outbox.length) setTimeout(over, 200);
  else location.replace(`/?page=${page}`);
}

// ---- answers ----

const outbox = kept(localStorage, OUTBOX + page, []);
const given = kept(sessionStorage, "dougpt-review-given", []); // what may be taken back: {label, question}
let sending = false;

function enqueue(entry) {
  outbox.push(entry);
  keep(localStorage, OUTBOX + page, outbox);
  send();
}

async function send() {
  if (sending || !outbox.length) return;
  sending = true;
  while (outbox.length) {
    byId("saved").textContent = "saving…";
    let found;
    try {
      found = await post("/answer", { ...outbox[0], page });
    } catch {
      found = { status: 0, told: {} };
    }
    if (found.status === 200 || found.status === 409 || found.status === 404) {
      const entry = outbox.shift();
      if (outbox.length) keep(localStorage, OUTBOX + page, outbox);
      else localStorage.removeItem(OUTBOX + page);
      settled(entry, found);
      continue;
    }
    const many = `${outbox.length} ${outbox.length === 1 ? "answer waits" : "answers wait"} here`;
    byId("saved").textContent = "not saved yet";
    trouble(
      found.status === 403
        ? `${many}: the server was started anew. Open the address that it printed, in this browser; they are sent then.`
        : `${many} and will be sent again: ${found.told.error || "the server does not answer; is it still running?"}`,
    );
    await new Promise((wake) => setTimeout(wake, 1500));
  }
  sending = false;
}

function settled(entry, { status, told }) {
  trouble(status === 200 ? "" : `An answer was not taken: ${told.error || "it is not asked any more"}.`);
  byId("saved").textContent = status === 200 && !told.skipped ? "saved" : "";
  progress(told.progress);
  if (status !== 200) {
    const place = given.findIndex((one) => one.label === entry.answer_id);
    if (place >= 0) given.splice(place, 1);
  }
  if (entry.choice === "undo" && told.show) showAgain(told.show);
  remember();
}

function remember() {
  keep(sessionStorage, "dougpt-review-given", given);
  document.querySelector("button[value=undo]").disabled = !given.length;
}

async function showAgain(name) {
  const answer = await fetch(`/item/${name}?page=${page}`);
  if (!answer.ok) return;
  const item = await answer.json();
  // What was shown comes next; it is fetched anew so that its id is fresh.
  ready.unshift(...(await again(shown())));
  show(item);
  byId("saved").textContent = "taken back";
}

async function again(name) {
  if (waiting) return [];
  const answer = await fetch(`/item/${name}?page=${page}`);
  return answer.ok ? [await answer.json()] : [];
}

function choose(button) {
  if (waiting || button.disabled) return;
  if (button.value === "undo") return takeBack();
  const fields = { answer_id: form().elements.answer_id.value, question: shown(), choice: button.value };
  if (button.value !== "skip") given.push({ label: fields.answer_id, question: fields.question });
  remember();
  enqueue(fields);
  next();
}

function takeBack() {
  const last = given.pop();
  if (!last) return;
  remember();
  const id = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  enqueue({ answer_id: id, choice: "undo", undoes: last.label });
}

// ---- time: a file that plays, or a clock that runs over words and chat alone ----

const player = {
  video: byId("video"),
  source: null,
  startMs: 0,
  fromMs: 0,
  toMs: 0,
  atMs: 0,
  began: null,
  stopped: false,

  load({ from, to, medium, mediumStart, picture }) {
    this.pause();
    [this.fromMs, this.toMs, this.startMs] = [Number(from), Number(to), Number(mediumStart || 0)];
    byId("screen").hidden = !medium;
    byId("screen").classList.toggle("sound", picture === undefined);
    if (medium && medium !== this.source) {
      this.video.src = `/media/${medium}`;
      byId("cannot").hidden = true;
    }
    if (medium || this.source === null) this.source = medium || null;
    this.plays = Boolean(medium);
    this.seek(this.fromMs);
    document.body.classList.remove("playing");
  },

  seek(ms) {
    this.stopped = ms >= this.toMs;
    this.atMs = Math.max(ms, 0);
    if (this.began !== null) this.began = performance.now() - this.atMs;
    if (this.plays) {
      const go = () => (this.video.currentTime = Math.max(this.atMs - this.startMs, 0) / 1000);
      if (this.video.readyState >= 1) go();
      else this.video.addEventListener("loadedmetadata", go, { once: true });
    }
    this.tick();
  },

  get running() {
    return this.plays ? !this.video.paused : this.began !== null;
  },

  play() {
    if (this.plays) this.video.play().catch(() => {});
    else this.began = performance.now() - this.atMs;
    document.body.classList.add("playing");
    this.tick();
  },

  pause() {
    if (!this.video.paused) this.video.pause();
    this.began = null;
    this.tick();
  },

  toggle() {
    if (this.running) this.pause();
    else this.play();
  },

  tick() {
    if (this.plays && this.video.readyState >= 1 && !this.video.seeking) {
      this.atMs = this.startMs + this.video.currentTime * 1000;
    } else if (!this.plays && this.began !== null) {
      this.atMs = performance.now() - this.began;
    }
    if (this.running && !this.stopped && this.atMs >= this.toMs) {
      this.stopped = true; // once: whoever plays on wants to hear on
      return this.pause();
    }
    byId("play-name").textContent = this.running ? "pause" : "play";
    byId("clock").textContent = told(this.atMs);
    if (document.body.classList.contains("playing")) follow(this.atMs);
  },
};

function told(ms) {
  const seconds = Math.floor(ms / 1000);
  const two = (number) => String(number).padStart(2, "0");
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

function follow(ms) {
  for (const list of document.querySelectorAll(".lines")) {
    let last = null;
    for (const line of list.querySelectorAll("[data-start]")) {
      const begun = Number(line.dataset.start) <= ms;
      line.classList.toggle("later", !begun);
      line.classList.remove("now");
      if (begun) last = line;
    }
    if (last && Number(last.dataset.end || Infinity) > ms) last.classList.add("now");
    if (last && last !== list.follows) middle(last);
    list.follows = last;
  }
}

// ---- keys and buttons ----

function act(key) {
  if (key === " ") player.toggle();
  else if (key === "r") player.seek(player.fromMs), player.play();
  else if (key === "ArrowLeft") player.seek(player.atMs - STEP_MS);
  else if (key === "ArrowRight") player.seek(player.atMs + STEP_MS);
  else {
    const button = document.querySelector(`button[name=choice][data-key="${CSS.escape(key)}"]`);
    if (!button) return false;
    choose(button);
  }
  return true;
}

// On other keyboards a key is known by its place: digits always, letters only where the script has none of ours.
function meant({ key, code }) {
  const place = /^(?:Digit|Numpad)(\d)$/.exec(code) || (key > "\u007f" && key.length === 1 && /^Key([A-Z])$/.exec(code));
  if (place) return place[1].toLowerCase();
  return key.length === 1 ? key.toLowerCase() : key;
}

addEventListener("keydown", (event) => {
  if (!form() || !byId("keys").checked || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  // Where space and arrows have a meaning of their own they keep it.
  const own = event.target.closest("button, a, input, summary, video");
  const key = meant(event);
  if (own && (key === " " || key.startsWith("Arrow"))) return;
  if (act(key)) event.preventDefault();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.seek !== undefined) player.seek(Number(button.dataset.seek)), player.play();
  else if (button.id === "play") player.toggle();
  else if (button.id === "again") act("r");
  else if (button.name === "choice") choose(button);
  else return;
  event.preventDefault();
});

// Forms stay what works without this script.
document.addEventListener("submit", (event) => event.preventDefault());

for (const name of ["auto", "keys"]) {
  const box = byId(name);
  if (!box) continue;
  box.checked = kept(localStorage, `dougpt-review-${name}`, box.checked);
  box.addEventListener("change", () => keep(localStorage, `dougpt-review-${name}`, box.checked));
}

async function sendWhatWasLeft() {
  // Of windows that were closed before the server said yes; sending what another window sends too does no harm.
  const left = Object.keys(localStorage).filter((name) => name.startsWith(OUTBOX) && name !== OUTBOX + page);
  let here = false;
  for (const name of left) {
    for (const entry of kept(localStorage, name, [])) {
      const { status } = await post("/answer", { ...entry, page });
      if (status !== 200 && status !== 409 && status !== 404) return;
      here ||= entry.question === shown();
    }
    localStorage.removeItem(name);
  }
  if (here) next();
}

// A window that is closed gives its questions back at once; after a reload the same page takes them again.
addEventListener("pagehide", () => form() && navigator.sendBeacon("/leave", new URLSearchParams({ page })));

if (form()) {
  for (const name of ["play", "pause", "timeupdate", "seeked"]) byId("video").addEventListener(name, () => player.tick());
  byId("video").addEventListener("error", () => (byId("cannot").hidden = !player.plays));
  setInterval(() => player.running && player.tick(), 200);
  setInterval(() => post("/hold", [["page", page], ...holding().map((name) => ["holding", name])]).then(({ told }) => progress(told), () => {}), HOLD_EVERY_MS);
  begin();
  send();
  sendWhatWasLeft().catch(() => {});
  fill();
}
