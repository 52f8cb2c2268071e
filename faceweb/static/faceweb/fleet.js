// The fleet's charts, and what changes: told by the server while somebody looks at the page.
const charts = document.getElementById("charts");
const state = document.getElementById("state");
const lives = document.querySelector("svg.lives");
const AXIS = 60; // pixels left of each plot, so that all begin at the same place
let history = JSON.parse(document.getElementById("history").textContent);
let minutes = history.minutes;
let plots = {};

// light-dark() is no colour for a canvas: an element says what it means now.
function shown(name) {
  const probe = document.createElement("i");
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}
const faint = (rgb, share) => rgb.replace(/^rgb\((.*)\)$/, `rgba($1, ${share})`);

const whole = (value) => (value == null ? "–" : String(value));
const rate = (value) => (value == null ? "–" : `${value} / min`);
const seconds = (value) => (value == null ? "–" : `${value && value < 10 ? value.toFixed(1) : Math.round(value)} s`);
const dollars = (value) => (value == null ? "–" : value === 0 ? "$0" : `$${value < 1 ? Number(value.toPrecision(2)) : value.toFixed(2)}`);
const onAxis = (at) => new Date(at * 1000).toLocaleString([], history.minutes > 1440 ? { month: "short", day: "numeric" } : { hour: "2-digit", minute: "2-digit" });
const clock = (at) => new Date(at * 1000).toLocaleString([], { dateStyle: "medium", timeStyle: "medium" });

// What each chart draws: series from the history, how its values are said, and its parts' colours.
const DRAWN = {
  waiting: { say: whole, least: 5, series: () => [["Waiting", history.waiting, "warm"], ["In work", history.in_work, "accent"]] },
  answered: { say: rate, least: 10, bars: true, series: () => [["Answered", history.answered, "good"]] },
  instances: { say: whole, least: 2, stacked: true, series: () => [["Leaving", history.leaving, "quiet"], ["Starting", history.starting, "warm"], ["Ready", history.ready, "good"], ["Functions", history.functions, "accent"]] },
  promise: { say: seconds, least: 1, dots: true, series: () => [["Slowest answer", history.slowest, "accent"], ["Promised", history.at.map(() => history.promise), "bad"]] },
  cost: { say: dollars, least: 0.0001, series: () => [["This fleet", history.cost, "good"], [`A fixed fleet of ${history.spent.most}`, history.fixed, "quiet"]] },
};

// Stacked: each series is drawn with those after it on top, the highest first.
function dataOf({ series, stacked }) {
  const values = series().map(([, one]) => one);
  const drawn = stacked ? values.map((one, nth) => one.map((value, at) => (value == null ? null : values.slice(nth).reduce((sum, other) => sum + other[at], 0)))) : values;
  return [history.at, ...drawn];
}

function line(nth, label, name, { say, series, bars, stacked, dots }) {
  const stroke = shown(name);
  const dashed = label.startsWith("Promised") || label.startsWith("A fixed");
  const paths = bars ? uPlot.paths.bars({ size: [0.9, 24] }) : stacked ? uPlot.paths.stepped({ align: 1 }) : undefined;
  return {
    label, stroke, paths, width: dashed ? 1.5 : 2, dash: dashed ? [5, 4] : undefined,
    fill: dashed ? undefined : stacked ? stroke : faint(stroke, bars ? 0.75 : 0.12),
    points: { show: Boolean(dots) && !dashed, size: 5 }, value: (_, value, __, at) => say(at == null ? null : series()[nth][1][at]),
  };
}

// Where nobody points, the legend tells the newest values.
function newest(plot) {
  if (plot.cursor.idx != null) return;
  const last = plot.data[1].findLastIndex((value) => value != null);
  plot.setLegend({ idx: last < 0 ? plot.data[0].length - 1 : last }, false);
}

function draw(box) {
  const kind = DRAWN[box.dataset.chart];
  const grid = { stroke: shown("line"), width: 1 };
  const axis = { stroke: shown("quiet"), grid, ticks: grid, font: "12px system-ui" };
  plots[box.dataset.chart]?.destroy();
  plots[box.dataset.chart] = new uPlot({
    width: box.clientWidth, height: 190,
    cursor: { sync: { key: "fleet" }, y: false, points: { size: 7 } },
    legend: { live: true },
    hooks: { setCursor: [newest], setData: [newest], ready: [newest] },
    scales: { x: { time: true, range: () => [history.since, history.until] }, y: { range: (_, least, most) => [0, Math.max(most || 0, kind.least) * 1.08] } },
    axes: [{ ...axis, space: 70, values: (_, splits) => splits.map(onAxis) }, { ...axis, size: AXIS, values: (_, splits) => splits.map((one) => (kind.say === whole && one % 1 ? "" : kind.say(one).replace(" / min", ""))) }],
    series: [{ label: "Time", value: (_, at) => (at == null ? "" : clock(at)) }, ...kind.series().map(([label, , name], nth) => line(nth, label, name, kind))],
  }, dataOf(kind), box);
}

function drawAll() {
  for (const box of charts.querySelectorAll(".draw")) draw(box);
  drawLives();
}

function refresh() {
  const most = plots.cost?.series[2].label;
  for (const [name, plot] of Object.entries(plots)) plot.setData(dataOf(DRAWN[name]));
  if (most !== DRAWN.cost.series()[1][0]) draw(charts.querySelector("[data-chart=cost]"));
  drawLives();
  say();
}

function say() {
  const { kept, spent } = history;
  const pictures = (count) => `${count.toLocaleString()} picture${count === 1 ? "" : "s"}`;
  document.getElementById("answers").textContent = `${pictures(kept.answers)} in all`;
  document.getElementById("kept").textContent = kept.percent == null
    ? `An answer within ${history.promise} s, a machine's start included`
    : `${kept.percent} % within the promised ${history.promise} s${kept.late ? `; ${pictures(kept.late)} came later` : ""}`;
  document.getElementById("spent").textContent = !spent.dollars
    ? "Nothing ran, so nothing was spent"
    : `${dollars(spent.dollars)} on AWS${spent.functions ? `, ${dollars(spent.functions)} of it for functions` : ""}${spent.type ? ` with ${spent.type}` : ""}. ${spent.most} machine${spent.most === 1 ? "" : "s"} always on: ${dollars(spent.fixed)}, ${spent.times >= 1.05 ? `${spent.times.toFixed(spent.times < 10 ? 1 : 0)} times as much` : "about the same"}`;
}

// Lifelines: instances that did not overlap share a lane, so lanes are machines at once.
function lanes() {
  const free = [];
  return [...history.lives].reverse().map((life) => {
    const until = life.ended ?? history.until;
    let lane = free.findIndex((end) => end <= life.launched);
    if (lane < 0) lane = free.length;
    free[lane] = until;
    return { ...life, until, lane };
  });
}

const svg = (name, attributes) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};

function drawLives() {
  const width = lives.clientWidth || lives.parentElement.clientWidth;
  const placed = lanes();
  const count = Math.max(...placed.map(({ lane }) => lane + 1), 0);
  const row = Math.max(4, Math.min(30, 190 / Math.max(count, 1) - 2));
  const height = Math.max(count * (row + 2), 24) + 22;
  const across = (at) => AXIS + ((Math.max(at, history.since) - history.since) / (history.until - history.since)) * (width - AXIS - 10);
  lives.setAttribute("viewBox", `0 0 ${width} ${height}`);
  lives.setAttribute("height", height);
  const drawn = placed.flatMap(({ id, kind, launched, ready, leaving, ended, until, lane }) => {
    const marks = [["starting", launched, ready ?? leaving ?? until], [kind === "function" ? "function" : "ready", ready, leaving ?? until], ["leaving", leaving, until]];
    return marks.filter(([, from, to]) => from != null && to > from && to > history.since).map(([name, from, to]) => {
      const part = svg("rect", { class: name, x: across(from), y: lane * (row + 2), width: Math.max(across(to) - across(from), 1.5), height: row });
      part.append(Object.assign(svg("title", {}), { textContent: `${id}: ${name} ${clock(from)} – ${ended == null && to === history.until ? "now" : clock(to)}` }));
      return part;
    });
  });
  const base = height - 18;
  const parts = width > 500 ? 4 : 2;
  const labels = Array.from({ length: parts + 1 }, (_, part) => {
    const at = history.since + ((history.until - history.since) * part) / parts;
    const text = svg("text", { x: across(at), y: height - 4, "text-anchor": part === 0 ? "start" : part === parts ? "end" : "middle" });
    text.textContent = onAxis(at);
    return text;
  });
  if (!placed.length) {
    const none = svg("text", { x: width / 2, y: 16, "text-anchor": "middle" });
    none.textContent = "Nothing ran in this time";
    drawn.push(none);
  }
  lives.replaceChildren(...drawn, svg("line", { x1: AXIS, x2: width - 10, y1: base, y2: base }), ...labels);
}

// A part of the page is replaced; what was opened in it stays open.
function place(html) {
  const part = document.createElement("template");
  part.innerHTML = html;
  const opened = new Set([...document.querySelectorAll("#lists [open]")].map((one) => one.parentElement.dataset.key));
  for (const one of part.content.querySelectorAll("#decisions ~ ol li")) if (opened.has(one.dataset.key)) one.querySelector("details")?.setAttribute("open", "");
  const focused = document.activeElement.closest?.("#lists li")?.dataset.key;
  document.getElementById("live").replaceChildren(part.content.querySelector("dl.figures"));
  document.getElementById("lists").replaceChildren(part.content);
  if (focused) document.querySelector(`#lists [data-key="${focused}"] summary`)?.focus();
  document.dispatchEvent(new Event("placed"));
}

let source = null;
function tell(text, away) {
  state.hidden = false;
  state.textContent = text;
  state.classList.toggle("away", away);
}
function listen() {
  source?.close();
  if (document.hidden) return;
  source = new EventSource(charts.dataset.events);
  source.onmessage = ({ data }) => {
    const told = JSON.parse(data);
    tell("Live", false);
    place(told.part);
    if (minutes === told.data.minutes) { history = told.data; refresh(); }
  };
  source.addEventListener("away", () => tell("AWS does not answer; these figures are old", true));
  source.onerror = () => {
    tell("Not connected; trying again", true);
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 10_000); // it was refused
  };
}
document.addEventListener("visibilitychange", listen);

async function look() {
  const answer = await fetch(`${charts.dataset.history}?minutes=${minutes}`).catch(() => null);
  if (!answer?.ok) return;
  const told = await answer.json();
  if (told.minutes === minutes) { history = told; refresh(); }
}
for (const button of document.querySelectorAll("[data-minutes]")) button.addEventListener("click", () => {
  minutes = Number(button.dataset.minutes);
  for (const one of document.querySelectorAll("[data-minutes]")) one.setAttribute("aria-pressed", String(one === button));
  look();
});
// The server tells of the last minutes; longer times are asked for.
setInterval(() => { if (minutes === 60 && !document.hidden) look(); }, 10_000);
setInterval(() => { if (minutes > 60 && !document.hidden) look(); }, 60_000);

let resizing = 0;
addEventListener("resize", () => { clearTimeout(resizing); resizing = setTimeout(drawAll, 150); });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
document.addEventListener("themed", drawAll);
drawAll();
say();
listen();
