"use strict";
const byId = (id) => document.getElementById(id);
const { page, trials } = JSON.parse(byId("trials").textContent);
const answers = {};
let place = 0;
let over = trials.length === 0;

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
  }
  show();
}

function stop() {
  over = true;
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
