"use strict";
// One page, two ways to use it: opened from a file it keeps answers in the browser until they are saved as JSON;
// opened from `evalkit study serve` it also sends each of them. What was sent and not acknowledged is sent again.

const SCHEMA = 1;
const RETRY_MS = 4000;
const DRIFT_S = 0.08;
const study = document.body.dataset.study;
const served = location.protocol.startsWith("http");
const get = (id) => document.getElementById(id);
const clips = ["driving", "left", "right"].map(get);

let token = "";
let form = [];
let answers = new Map();
let acknowledged = new Set();
let current = null;
let choice = null;
let began = 0;
let sending = false;
let away = false;

const storeName = () => `evalkit-${study}-${token}`;

function remember() {
  try {
    localStorage.setItem(storeName(), JSON.stringify([...answers.values()]));
  } catch {
    get("state").textContent = "This browser keeps nothing: do not close the page before the answers are saved.";
  }
}

function recall() {
  try {
    return JSON.parse(localStorage.getItem(storeName())) ?? [];
  } catch {
    return [];
  }
}

function sheet(list) {
  return JSON.stringify({ schema_version: SCHEMA, study, token, answers: list });
}

async function post(list) {
  const reply = await fetch("answers", { method: "POST", body: sheet(list) });
  return { status: reply.status, told: await reply.json() };
}

function problem(text) {
  get("problem").textContent = text;
}

get("enter").addEventListener("submit", async (event) => {
  event.preventDefault();
  problem("");
  token = get("token").value.trim();
  const rater = Number(token.split("-")[0]);
  if (!/^\d+-[0-9a-f]{16}$/.test(token) || rater < 1 || rater > Number(document.body.dataset.raters)) {
    return problem("This is not a code of this study. It looks like 1-0123456789abcdef.");
  }
  answers = new Map(recall().map((answer) => [answer.trial, answer]));
  if (served) {
    try {
      const { status, told } = await post([]);
      if (status !== 200) return problem("This code is not known. Please check it for typing errors.");
      acknowledged = new Set(told.answered);
    } catch {
      return problem("The server does not answer. Please try again in a moment.");
    }
  }
  const script = document.createElement("script");
  script.src = `forms/${rater}.js`;
  script.onerror = () => problem("The list of clips cannot be loaded.");
  document.body.append(script);
});

// Called by forms/<rater>.js.
window.takeForm = (trials) => {
  form = trials;
  get("welcome").hidden = true;
  get("progress").hidden = false;
  get("save").hidden = false;
  send();
  advance();
};

function done(trial) {
  return answers.has(trial.id) || acknowledged.has(trial.id);
}

function advance() {
  current = form.find((trial) => !done(trial)) ?? null;
  const count = form.filter(done).length;
  get("progress").max = form.length;
  get("progress").value = count;
  get("count").textContent = current ? `${count + 1} of ${form.length}` : "";
  get("trial").hidden = current === null;
  get("done").hidden = current !== null;
  clips.forEach((clip) => clip.pause());
  if (current) show(current);
  tellState();
}

function show(trial) {
  choice = null;
  began = performance.now();
  get("source").src = `media/${trial.source}`;
  get("driving").src = `media/${trial.driving}`;
  get("left").src = `media/${trial.left}`;
  get("right").src = `media/${trial.right}`;
  get("hint").textContent = "Watch the clips once to the end, then choose.";
  for (const side of ["left", "right"]) get(`choose-${side}`).disabled = true;
  mark();
  Promise.all(clips.map(ready)).then(() => trial === current && play(), () => {});
}

function ready(clip) {
  return new Promise((resolve, reject) => {
    if (clip.readyState >= 3) return resolve();
    clip.addEventListener("canplay", resolve, { once: true });
    clip.addEventListener("error", reject, { once: true });
  });
}

function play() {
  for (const clip of clips) {
    clip.currentTime = get("left").ended ? 0 : get("left").currentTime;
    clip.play().catch(() => {});
  }
}

function pause() {
  clips.forEach((clip) => clip.pause());
}

function toggle() {
  if (get("left").paused) play();
  else pause();
}

function mark() {
  for (const side of ["left", "right"]) {
    get(`choose-${side}`).setAttribute("aria-checked", String(choice === side));
    get(side).parentElement.classList.toggle("chosen", choice === side);
  }
  get("next").disabled = choice === null;
}

function choose(side) {
  if (get(`choose-${side}`).disabled) return;
  choice = side;
  mark();
}

function next() {
  if (choice === null || current === null) return;
  const seconds = Math.round(performance.now() - began) / 1000;
  answers.set(current.id, { trial: current.id, choice, seconds });
  remember();
  advance();
  send();
}

async function send() {
  if (!served || sending) return;
  const waiting = [...answers.values()].filter((answer) => !acknowledged.has(answer.trial));
  if (!waiting.length) return tellState();
  sending = true;
  let again = RETRY_MS;
  try {
    const { status, told } = await post(waiting);
    if (status === 200) {
      waiting.forEach((answer) => acknowledged.add(answer.trial));
      again = 0;
    }
  } catch {
    // Nobody answers: the answers stay in this browser, and are sent again.
  }
  sending = false;
  away = again > 0;
  tellState();
  if (again || [...answers.keys()].some((trial) => !acknowledged.has(trial))) setTimeout(send, again);
}

function tellState() {
  const waiting = [...answers.keys()].filter((trial) => !acknowledged.has(trial)).length;
  if (!served) {
    get("state").textContent = "Answers are kept in this browser.";
    get("kept").textContent = "Please save your answers as a file and send it back.";
  } else if (waiting) {
    const reason = away ? "The server does not answer" : "Storing";
    get("state").textContent = `${reason}: ${waiting} kept in this browser.`;
    get("kept").textContent = "Some answers are not stored yet. Leave this page open, or save them as a file.";
  } else {
    get("state").textContent = "All answers are stored.";
    get("kept").textContent = "All your answers are stored. You can close this page.";
  }
}

get("left").addEventListener("timeupdate", () => {
  const left = get("left");
  if (left.duration) get("scrub").value = String(Math.round((1000 * left.currentTime) / left.duration));
  for (const clip of clips) {
    if (!left.paused && !clip.paused && Math.abs(clip.currentTime - left.currentTime) > DRIFT_S) {
      clip.currentTime = left.currentTime;
    }
  }
});
get("left").addEventListener("ended", () => {
  get("hint").textContent = "";
  for (const side of ["left", "right"]) get(`choose-${side}`).disabled = false;
  play();
});
get("left").addEventListener("play", () => { get("play").textContent = "Pause"; });
get("left").addEventListener("pause", () => { get("play").textContent = "Play"; });
for (const clip of clips) {
  clip.addEventListener("error", () => {
    if (current) get("hint").textContent = "A clip cannot be played here. Please try another browser (H.264 video).";
  });
}
get("scrub").addEventListener("input", (event) => {
  pause();
  for (const clip of clips) clip.currentTime = (clip.duration || 0) * Number(event.target.value) / 1000;
});
get("play").addEventListener("click", toggle);
get("next").addEventListener("click", next);
for (const side of ["left", "right"]) get(`choose-${side}`).addEventListener("click", () => choose(side));

document.addEventListener("keydown", (event) => {
  if (get("trial").hidden || event.ctrlKey || event.metaKey || event.altKey || event.target === get("save")) return;
  const key = event.key.toLowerCase();
  if (key === "a" || key === "1") choose("left");
  else if (key === "b" || key === "2") choose("right");
  else if (key === "enter") next();
  else if (key === " ") toggle();
  else return;
  event.preventDefault();
});

get("save").addEventListener("click", () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([sheet([...answers.values()])], { type: "application/json" }));
  link.download = `answers-${token.split("-")[0]}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), RETRY_MS);
});

get("token").value = decodeURIComponent(location.hash.slice(1));
