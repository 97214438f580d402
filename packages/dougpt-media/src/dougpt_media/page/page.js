"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("data").textContent);
  const { start, length, text, sure, timing, speaker, flagged } = data;
  const count = start.length, last = Math.max(data.end, 1);
  const end = (i) => start[i] + length[i];
  const doubtful = (i) => timing[i] !== timing[i].toLowerCase();
  const names = { f: "forced", d: "decoded", i: "interpolated" };
  const sound = $("sound"), detail = $("detail"), overview = $("overview");
  const view = { from: 0, to: Math.min(12000, last) };
  let selected = -1, now = -1, stopAt = null, silentAt = 0;

  const pad = (n) => String(n).padStart(2, "0");
  const clock = (ms, tenths) => {
    const s = Math.floor(ms / 1000);
    const whole = `${Math.floor(s / 3600)}:${pad(Math.floor(s / 60) % 60)}:${pad(s % 60)}`;
    return tenths ? `${whole}.${Math.floor(ms / 100) % 10}` : whole;
  };
  // The first word that begins after ms.
  const after = (ms) => {
    let low = 0, high = count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (start[middle] > ms) high = middle; else low = middle + 1;
    }
    return low;
  };
  const wordAt = (ms) => {
    const i = after(ms) - 1;
    return i >= 0 && ms < end(i) ? i : -1;
  };
  const time = () => (data.sound === null ? silentAt : sound.currentTime * 1000);

  // Sound ---------------------------------------------------------------------------------------------------------

  const trouble = (words) => { $("trouble").textContent = words; $("trouble").hidden = false; };
  if (data.sound === null) {
    document.body.classList.add("silent");
  } else {
    sound.addEventListener("error", () => {
      document.body.classList.add("silent");
      trouble(`The sound, ${data.sound}, is not beside this page or cannot be played.`);
      silentAt = sound.currentTime * 1000;
      data.sound = null;
      frame();
    });
    sound.src = encodeURIComponent(data.sound);
  }
  const seek = (ms, play) => {
    ms = Math.min(Math.max(ms, 0), last);
    stopAt = null;
    silentAt = ms;
    if (data.sound !== null) {
      sound.currentTime = ms / 1000;
      if (play) sound.play().catch(() => {});
    }
    if (ms < view.from || ms > view.to) show(ms - (view.to - view.from) / 5);
    frame();
  };
  const toggle = () => {
    stopAt = null;
    if (data.sound === null) return;
    if (sound.paused) sound.play().catch(() => {}); else sound.pause();
  };
  const only = (i) => {
    if (i < 0) return;
    seek(start[i], true);
    stopAt = Math.max(end(i), start[i] + 40);
  };
  sound.addEventListener("play", () => { $("play").textContent = "Pause"; requestAnimationFrame(tick); });
  sound.addEventListener("pause", () => { $("play").textContent = "Play"; frame(); });
  sound.addEventListener("seeked", () => frame());
  const tick = () => {
    if (stopAt !== null && time() >= stopAt) { stopAt = null; sound.pause(); }
    const width = view.to - view.from;
    if ($("follow").checked && (time() > view.from + 0.9 * width || time() < view.from)) show(time() - 0.1 * width);
    frame();
    if (!sound.paused) requestAnimationFrame(tick);
  };

  // The outline: the loudest of 1, 4, 16, ... steps ------------------------------------------------------------------

  const levels = [];
  if (data.envelope === null) document.body.classList.add("still");
  if (data.envelope !== null) {
    levels.push(Uint8Array.from(atob(data.envelope), (c) => c.charCodeAt(0)));
    while (levels[levels.length - 1].length > 4096) {
      const fine = levels[levels.length - 1], coarse = new Uint8Array(Math.ceil(fine.length / 4));
      for (let i = 0; i < fine.length; i++) if (fine[i] > coarse[i >> 2]) coarse[i >> 2] = fine[i];
      levels.push(coarse);
    }
  }
  // Drawn as loud as the recording is on the whole; pauses are seen, and quiet speech too.
  const tallest = () => {
    const counts = new Uint32Array(256);
    for (const peak of levels[0]) counts[peak]++;
    let peak = 255;
    for (let louder = counts[255]; peak > 1 && louder < levels[0].length / 500; louder += counts[peak]) peak--;
    return peak;
  };
  const full = levels.length ? Math.max(tallest(), 16) : 255;
  const loudness = (from, to) => {
    let level = 0, step = data.step;
    while (level + 1 < levels.length && step * 8 <= to - from) { level++; step *= 4; }
    const peaks = levels[level];
    let most = 0;
    for (let i = Math.floor(from / step); i <= Math.floor((to - 1) / step) && i < peaks.length; i++) {
      if (peaks[i] > most) most = peaks[i];
    }
    return Math.min((most / full) ** 1.6, 1);
  };

  // For the whole recording the mean says more than the peak: somewhere in a minute it is always loud.
  const meanLoudness = (from, to) => {
    const peaks = levels[0], until = Math.min(Math.ceil(to / data.step), peaks.length);
    let sum = 0, first = Math.floor(from / data.step);
    for (let i = first; i < until; i++) sum += Math.min((peaks[i] / full) ** 1.6, 1);
    return until > first ? sum / (until - first) : 0;
  };

  // Drawing ---------------------------------------------------------------------------------------------------------

  let look = {};
  const readLook = () => {
    const style = getComputedStyle(document.documentElement);
    for (const name of ["page", "panel", "ink", "line", "muted", "one", "two", "three", "four", "bad"]) {
      look[name] = style.getPropertyValue(`--${name}`).trim();
    }
    look.font = getComputedStyle(document.body).fontFamily;
  };
  const voices = ["one", "three", "four", "two"];
  const voice = (i) => look[speaker[i] < 0 ? "muted" : voices[speaker[i] % voices.length]];
  const prepared = (canvas) => {
    const ratio = devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    const pen = canvas.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    return { pen, width, height };
  };
  const shadeGaps = (pen, width, height, from, to) => {
    for (const [first, until, cause] of data.gaps) {
      if (until <= from || first >= to) continue;
      const x = Math.max(0, ((first - from) / (to - from)) * width);
      const right = Math.min(width, ((until - from) / (to - from)) * width);
      const wide = Math.max(right - x, 1.5);
      pen.save();
      pen.beginPath();
      pen.rect(x, 0, wide, height);
      pen.clip();
      const hatched = cause === "muted" || cause === "damaged";
      pen.globalAlpha = hatched ? 0.12 : 0.6;
      pen.fillStyle = hatched ? look[cause === "damaged" ? "bad" : "muted"] : look.line;
      pen.fillRect(x, 0, wide, height);
      if (hatched) {
        pen.globalAlpha = 0.55;
        pen.strokeStyle = pen.fillStyle;
        pen.lineWidth = 1.5;
        pen.beginPath();
        for (let at = x - height; at < x + wide; at += 8) { pen.moveTo(at, height); pen.lineTo(at + height, 0); }
        pen.stroke();
      }
      pen.restore();
    }
  };
  const outline = (pen, width, top, height, from, to, colour, loud = loudness) => {
    if (!levels.length) return;
    pen.fillStyle = colour;
    const middle = top + height / 2;
    for (let x = 0; x < width; x++) {
      const most = loud(from + (x / width) * (to - from), from + ((x + 1) / width) * (to - from));
      const tall = Math.max(most * height, 1);
      if (from + (x / width) * (to - from) < data.step * levels[0].length) pen.fillRect(x, middle - tall / 2, 1, tall);
    }
  };
  const STEPS = [100, 200, 500, 1000, 2000, 5000, 10000, 30000, 60000, 300000, 600000, 1800000, 3600000];
  const ticks = (pen, width, height, from, to) => {
    const step = STEPS.find((one) => (one / (to - from)) * width >= 74) || STEPS[STEPS.length - 1];
    pen.font = `11px ${look.font}`;
    pen.textBaseline = "top";
    for (let at = Math.ceil(from / step) * step; at < to; at += step) {
      const x = ((at - from) / (to - from)) * width;
      pen.fillStyle = look.line;
      pen.fillRect(x, 0, 1, height);
      const label = clock(at, step < 1000);
      if (x + 4 + pen.measureText(label).width < width) {
        pen.globalAlpha = 0.8;
        pen.fillStyle = look.panel;
        pen.fillRect(x + 2, 2, pen.measureText(label).width + 4, 13);
        pen.globalAlpha = 1;
        pen.fillStyle = look.muted;
        pen.fillText(label, x + 4, 3);
      }
    }
  };
  const timingColour = { f: "three", d: "muted", i: "two" };
  const sureColour = (i) => (sure[i] < 0 || sure[i] >= 90 ? null : sure[i] >= 50 ? "two" : "bad");
  const boxes = (pen, width, top, height) => {
    const scale = width / (view.to - view.from);
    pen.font = `12px ${look.font}`;
    pen.textBaseline = "middle";
    for (let i = Math.max(after(view.from - 10000) - 1, 0); i < count && start[i] < view.to; i++) {
      if (end(i) < view.from) continue;
      const x = (start[i] - view.from) * scale, wide = Math.max(length[i] * scale - 1, 1);
      pen.fillStyle = sureColour(i) === null ? voice(i) : look[sureColour(i)];
      pen.globalAlpha = sureColour(i) === null ? 0.16 : sure[i] >= 70 ? 0.25 : 0.5;
      pen.fillRect(x, top, wide, height);
      pen.globalAlpha = 1;
      pen.fillStyle = look[timingColour[timing[i].toLowerCase()]];
      pen.fillRect(x, top, wide, 2);
      if (doubtful(i)) { pen.fillStyle = look.bad; pen.fillRect(x, top + height - 3, wide, 3); }
      if (i === selected || i === now) {
        pen.strokeStyle = look.one;
        pen.lineWidth = 2;
        pen.strokeRect(x + 1, top + 1, Math.max(wide - 2, 1), height - 2);
      }
      if (wide >= 12) label(pen, text[i], x + 4, top + height / 2 + 1, wide - 6);
    }
  };
  const label = (pen, words, x, y, room) => {
    if (pen.measureText(words.slice(0, 40)).width > room) {
      let fits = Math.min(words.length, 40);
      while (fits && pen.measureText(`${words.slice(0, fits)}…`).width > room) fits--;
      words = fits ? `${words.slice(0, fits)}…` : "";
    }
    pen.fillStyle = look.ink;
    pen.fillText(words, x, y);
  };
  const drawDetail = () => {
    const { pen, width, height } = prepared(detail);
    const strip = 30, top = 18;
    shadeGaps(pen, width, height, view.from, view.to);
    ticks(pen, width, height - strip - 2, view.from, view.to);
    outline(pen, width, top, height - top - strip - 4, view.from, view.to, look.one);
    boxes(pen, width, height - strip, strip - 1);
    pen.fillStyle = look.bad;
    pen.fillRect(((time() - view.from) / (view.to - view.from)) * width - 1, 0, 2, height);
  };
  let backdrop = null;
  const drawOverview = () => {
    const { pen, width, height } = prepared(overview);
    const key = `${overview.width} ${overview.height} ${look.one}`;
    if (backdrop === null || backdrop.key !== key) {
      const kept = document.createElement("canvas");
      kept.width = overview.width;
      kept.height = overview.height;
      const copy = kept.getContext("2d");
      copy.scale(devicePixelRatio || 1, devicePixelRatio || 1);
      shadeGaps(copy, width, height, 0, last);
      outline(copy, width, 2, height - 8, 0, last, look.muted, meanLoudness);
      copy.fillStyle = look.bad;
      for (let i = 0; i < count; i++) if (doubtful(i)) copy.fillRect((start[i] / last) * width, height - 4, 1, 4);
      backdrop = { key, canvas: kept };
    }
    pen.drawImage(backdrop.canvas, 0, 0, width, height);
    const x = (view.from / last) * width, wide = Math.max(((view.to - view.from) / last) * width, 3);
    pen.fillStyle = look.one;
    pen.globalAlpha = 0.22;
    pen.fillRect(x, 0, wide, height);
    pen.globalAlpha = 1;
    pen.strokeStyle = look.one;
    pen.strokeRect(x + 0.5, 0.5, wide - 1, height - 1);
    pen.fillStyle = look.bad;
    pen.fillRect((time() / last) * width - 0.5, 0, 1.5, height);
  };
  let asked = false;
  const frame = () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      mark();
      drawOverview();
      drawDetail();
      $("time").textContent = `${clock(time(), true)} of ${clock(last, false)}`;
    });
  };
  const show = (from, wide = view.to - view.from) => {
    wide = Math.min(Math.max(wide, 500), Math.max(last, 500));
    view.from = Math.min(Math.max(from, 0), Math.max(last - wide, 0));
    view.to = view.from + wide;
    frame();
  };
  const zoom = (factor, at = Math.min(Math.max(time(), view.from), view.to)) => {
    const wide = Math.min(Math.max((view.to - view.from) * factor, 500), Math.max(last, 500));
    show(at - ((at - view.from) / (view.to - view.from)) * wide, wide);
  };

  // Words: only the blocks near the screen hold any -------------------------------------------------------------------

  const ROWS_A_BLOCK = 20, PAUSE_MS = 1200, LONGEST_ROW = 45;
  const rows = [];
  const split = () => {
    let gap = 0, first = 0;
    const close = (until) => { if (until > first) rows.push({ first, until }); first = until; };
    for (let i = 0; i <= count; i++) {
      while (gap < data.gaps.length && (i === count || data.gaps[gap][0] <= start[i])) {
        close(i);
        rows.push({ gap: data.gaps[gap++] });
      }
      if (i === count || i === 0) continue;
      const sentence = i - first > 12 && /[.?!…]["'”’)\]]*$/.test(text[i - 1]);
      const pause = start[i] - end(i - 1) >= PAUSE_MS;
      if (pause || sentence || speaker[i] !== speaker[i - 1] || i - first >= LONGEST_ROW) close(i);
    }
    close(count);
  };
  const element = (tag, name, words) => {
    const made = document.createElement(tag);
    if (name) made.className = name;
    if (words !== undefined) made.textContent = words;
    return made;
  };
  const look_of = (i) => {
    const known = sure[i] < 0 ? "" : sure[i] < 50 ? " s0" : sure[i] < 70 ? " s1" : sure[i] < 90 ? " s2" : " s3";
    return `w ${timing[i].toLowerCase()}${known}${doubtful(i) && flagged[i] ? " x" : ""}`;
  };
  const rowOf = (row) => {
    const made = element("div", "row");
    const from = row.gap ? row.gap[0] : start[row.first];
    const when = element("button", "when", clock(from, false));
    when.dataset.ms = from;
    made.append(when);
    if (row.gap) {
      const [first, until, cause] = row.gap;
      const long = until - first < 60000 ? `${((until - first) / 1000).toFixed(1)} s` : clock(until - first, false);
      made.append(element("p", `gap ${cause}`, `${cause.replace("_", " ")} for ${long}`));
      return made;
    }
    const said = element("p");
    said.dir = "auto";
    if (data.speakers.length && (row.first === 0 || speaker[row.first] !== speaker[row.first - 1])) {
      const who = element("span", "who", speaker[row.first] < 0 ? "nobody near" : data.speakers[speaker[row.first]]);
      if (speaker[row.first] >= 0) who.style.setProperty("--speaker", `var(--${voices[speaker[row.first] % voices.length]})`);
      said.append(who);
    }
    for (let i = row.first; i < row.until; i++) {
      const word = element("span", look_of(i), text[i]);
      word.dataset.i = i;
      said.append(word, " ");
    }
    made.append(said);
    return made;
  };
  const blocks = [];
  const blockOf = (i) => {
    let low = 0, high = blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (blocks[middle].first <= i) low = middle; else high = middle - 1;
    }
    return blocks[low];
  };
  const fill = (block) => {
    if (block.filled) return;
    block.filled = true;
    block.place.replaceChildren(...block.rows.map(rowOf));
    block.place.style.minHeight = "";
    mark();
  };
  const empty = (block) => {
    if (!block.filled) return;
    block.place.style.minHeight = `${block.place.offsetHeight}px`;
    block.filled = false;
    block.place.replaceChildren();
  };
  const near = new IntersectionObserver((seen) => {
    for (const one of seen) (one.isIntersecting ? fill : empty)(blocks[one.target.dataset.block]);
  }, { rootMargin: "1500px 0px" });
  const lay = () => {
    split();
    let first = 0;
    for (let at = 0; at < rows.length; at += ROWS_A_BLOCK) {
      const own = rows.slice(at, at + ROWS_A_BLOCK), place = element("div", "block");
      place.dataset.block = blocks.length;
      place.style.minHeight = `${own.reduce((sum, row) => sum + 6 + 28 * Math.ceil(row.gap ? 1 : (row.until - row.first) / 14), 0)}px`;
      blocks.push({ rows: own, first, place, filled: false });
      for (const row of own) if (!row.gap) first = row.until;
      $("text").append(place);
      near.observe(place);
    }
    if (!count) $("text").append(element("p", "lead", "There are no words."));
  };
  const spanOf = (i) => (i < 0 ? null : $("text").querySelector(`[data-i="${i}"]`));
  const mark = () => {
    const playing = wordAt(time());
    for (const [name, i] of [["now", data.sound === null || (sound.paused && playing === selected) ? -1 : playing], ["at", selected]]) {
      const span = spanOf(i), marked = $("text").querySelector(`.${name}`);
      if (marked !== span) {
        if (marked) marked.classList.remove(name);
        if (span) span.classList.add(name);
      }
    }
    if (playing !== now) {
      now = playing;
      const left_alone = performance.now() - scrolledAt > 4000;
      if (now >= 0 && !sound.paused && $("follow").checked && left_alone) reveal(now);
      if (now >= 0 && !sound.paused) about(now);
    }
  };
  // Blocks that fill around a word push it about, so that it is looked for again until it stays.
  let revealing = 0, scrolledAt = -Infinity;
  const reveal = (i, again = 5) => {
    if (i < 0 || !blocks.length) return;
    const block = blockOf(i), turn = ++revealing;
    if (again) setTimeout(() => { if (turn === revealing) reveal(i, again - 1); }, 60);
    if (!block.filled) {
      block.place.scrollIntoView();
      fill(block);
    }
    const span = spanOf(i);
    if (!span) return;
    const box = span.getBoundingClientRect(), above = $("player").getBoundingClientRect().bottom + 8;
    if (box.top < above || box.bottom > innerHeight - 40) scrollBy(0, box.top - above - (innerHeight - above) / 3);
  };
  const about = (i) => {
    const facts = [`${clock(start[i], false)}.${String(start[i] % 1000).padStart(3, "0")}, ${length[i]} ms`, names[timing[i].toLowerCase()]];
    if (sure[i] >= 0) facts.push(`sure to ${(sure[i] / 100).toFixed(2)}`);
    if (speaker[i] >= 0) facts.push(data.speakers[speaker[i]]);
    if (flagged[i]) facts.push(flagged[i].map((flag) => data.flags[flag].replaceAll("_", " ")).join(", "));
    const word = element("b", "said", text[i].slice(0, 60));
    $("about").replaceChildren(word, ` · ${facts.join(" · ")}`);
  };
  const select = (i, play) => {
    if (i < 0 || i >= count) return;
    selected = i;
    const wide = view.to - view.from;
    if (start[i] < view.from || end(i) > view.to) show(start[i] - wide / 3);
    seek(start[i], play);
    about(i);
    reveal(i);
  };
  const origin = () => {
    const i = selected >= 0 ? selected : after(time()) - 1;
    return i;
  };
  const step = (by, fits) => {
    for (let i = origin() + by; i >= 0 && i < count; i += by) if (fits(i)) return select(i, !sound.paused);
  };

  // People ----------------------------------------------------------------------------------------------------------

  $("text").addEventListener("click", (event) => {
    const word = event.target.closest("[data-i]"), when = event.target.closest("[data-ms]");
    if (word) select(Number(word.dataset.i), true);
    else if (when) { selected = -1; seek(Number(when.dataset.ms), true); }
  });
  $("text").addEventListener("pointerover", (event) => {
    const word = event.target.closest("[data-i]");
    if (word) about(Number(word.dataset.i));
  });
  for (const button of document.querySelectorAll("button.to")) {
    button.addEventListener("click", () => { selected = -1; seek(Number(button.dataset.ms), false); });
  }
  const at = (canvas, event, from, to) => {
    const box = canvas.getBoundingClientRect();
    return from + ((event.clientX - box.left) / box.width) * (to - from);
  };
  const land = (ms, play) => {
    const i = Math.max(after(ms) - 1, 0);
    selected = -1;
    seek(ms, play);
    if (i < count) { about(i); reveal(i); }
  };
  let grip = null;
  detail.addEventListener("pointerdown", (event) => {
    grip = { x: event.clientX, from: view.from, moved: false };
    detail.setPointerCapture(event.pointerId);
  });
  detail.addEventListener("pointermove", (event) => {
    if (grip === null) {
      const i = wordAt(at(detail, event, view.from, view.to));
      if (i >= 0) about(i);
      return;
    }
    if (Math.abs(event.clientX - grip.x) > 4) grip.moved = true;
    if (grip.moved) show(grip.from - ((event.clientX - grip.x) / detail.clientWidth) * (view.to - view.from));
  });
  detail.addEventListener("pointerup", (event) => {
    if (grip !== null && !grip.moved) {
      const ms = at(detail, event, view.from, view.to);
      const low = event.clientY - detail.getBoundingClientRect().top > detail.clientHeight - 30;
      const i = low ? wordAt(ms) : -1;
      if (i >= 0) select(i, true);
      else land(ms, true);
    }
    grip = null;
  });
  detail.addEventListener("pointercancel", () => { grip = null; });
  detail.addEventListener("wheel", (event) => {
    if (event.ctrlKey) zoom(event.deltaY > 0 ? 1.25 : 0.8, at(detail, event, view.from, view.to));
    else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) show(view.from + (event.deltaX / detail.clientWidth) * (view.to - view.from));
    else return;
    event.preventDefault();
  }, { passive: false });
  const glance = (event) => {
    const ms = at(overview, event, 0, last);
    show(ms - (view.to - view.from) / 2);
    return ms;
  };
  overview.addEventListener("pointerdown", (event) => { overview.setPointerCapture(event.pointerId); glance(event); });
  overview.addEventListener("pointermove", (event) => { if (event.buttons) glance(event); });
  overview.addEventListener("pointerup", (event) => {
    const ms = glance(event);
    land(ms, !sound.paused);
  });
  const isDoubtful = (i) => doubtful(i), any = () => true;
  const deeds = {
    " ": toggle,
    ArrowLeft: (shift) => { selected = -1; seek(time() - (shift ? 1000 : 5000), false); },
    ArrowRight: (shift) => { selected = -1; seek(time() + (shift ? 1000 : 5000), false); },
    j: () => step(1, isDoubtful),
    k: () => step(-1, isDoubtful),
    ",": () => step(-1, any),
    ".": () => step(1, any),
    w: () => only(selected >= 0 ? selected : wordAt(time())),
    "+": () => zoom(0.5),
    "=": () => zoom(0.5),
    "-": () => zoom(2),
  };
  document.addEventListener("keydown", (event) => {
    const busy = event.target.closest("select, input, textarea") || (event.key === " " && event.target.closest("button, summary, a"));
    const deed = deeds[event.key];
    if (!deed || busy || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    deed(event.shiftKey);
  });
  for (const [id, key] of [["play", " "], ["back", "ArrowLeft"], ["forth", "ArrowRight"], ["before", "k"], ["after", "j"], ["in", "+"], ["out", "-"]]) {
    $(id).addEventListener("click", () => deeds[key](false));
  }
  $("speed").addEventListener("change", () => { sound.playbackRate = Number($("speed").value); });
  const any_doubtful = timing !== timing.toLowerCase();
  $("before").disabled = $("after").disabled = !any_doubtful;
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { readLook(); frame(); });
  addEventListener("resize", () => frame());
  // Who scrolls is reading elsewhere: following waits.
  for (const moved of ["wheel", "touchmove"]) {
    addEventListener(moved, () => { scrolledAt = performance.now(); revealing++; }, { passive: true });
  }

  readLook();
  lay();
  frame();
})();
