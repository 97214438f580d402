"use strict";
const byId = (id) => document.getElementById(id);
const { page, trials } = JSON.parse(byId("trials").textContent);
// Kept under the page's own id, so that a reload, or another page, loses nothing; some browsers refuse it to files.
const STORE = `dougpt-blind-${page}`;
let answers = {};
let kept = true;

function keep() {
  try {
    localStorage.setItem(STORE, JSON.stringify(answers));
  } catch {
    kept = false;
  }
}

function recall() {
  try {
    const found = JSON.parse(localStorage.getItem(STORE) ?? "{}");
    answers = Object.fromEntries(trials.map((trial) => [trial.trial_id, found[trial.trial_id]]).filter(([, side]) => side));
  } catch {
    kept = false;
  }
}

recall();
const unanswered = trials.findIndex((trial) => !answers[trial.trial_id]);
let place = unanswered < 0 ? trials.length : unanswered;
let over = place >= trials.length;

function line(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  made.dir = "auto";
  return made;
}

function side(id, name, texts) {
  const label = document.createElement("b");
  label.textContent = name;
  byId(id).replaceChildren(label, ...texts.map((text) => line("span", text)));
}

function show() {
  byId("trial").hidden = over;
  byId("done").hidden = !over;
  byId("bar").max = Math.max(trials.length, 1);
  byId("bar").value = Object.keys(answers).length;
  byId("place").textContent = over ? `${Object.keys(answers).length} of ${trials.length} answered` : `${place + 1} of ${trials.length}`;
  byId("lost").hidden = kept;
  if (over) {
    byId("answers").value = JSON.stringify({ page, answers }, null, 1);
    byId("over").focus();
    return;
  }
  const trial = trials[place];
  byId("said").replaceChildren(...[...trial.context.slice(-3), trial.prompt].map((text) => line("p", text)));
  side("left", "1 left", trial.left);
  side("right", "2 right", trial.right);
}

function answer(choice) {
  if (over) return;
  answers[trials[place].trial_id] = choice;
  keep();
  place += 1;
  over = place >= trials.length;
  show();
}

function back() {
  if (over && place < trials.length) {
    over = false;
  } else if (place > 0) {
    place -= 1;
    over = false;
    delete answers[trials[place].trial_id];
    keep();
  }
  show();
}

function stop() {
  over = true;
  show();
  save();
}

function anew() {
  answers = {};
  keep();
  place = 0;
  over = trials.length === 0;
  show();
}

function save() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([byId("answers").value], { type: "application/json" }));
  link.download = `answers-${page}.json`;
  link.click();
}

for (const choice of ["left", "right", "unsure"]) byId(choice).addEventListener("click", () => answer(choice));
byId("back").addEventListener("click", back);
byId("again").addEventListener("click", back);
byId("anew").addEventListener("click", anew);
byId("stop").addEventListener("click", stop);
byId("save").addEventListener("click", save);
const KEYS = {
  ArrowLeft: () => answer("left"),
  ArrowRight: () => answer("right"),
  ArrowDown: () => answer("unsure"),
  1: () => answer("left"),
  2: () => answer("right"),
  0: () => answer("unsure"),
  Backspace: back,
};
addEventListener("keydown", (event) => {
  const act = KEYS[event.key];
  if (!act || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  act();
});
show();
