// The charts of the quality page, from the numbers that its tables show. Without this script the tables are all there is.
"use strict";

const figures = JSON.parse(document.getElementById("figures").textContent);
const SHADES = ["accent", "disputed", "decided", "quiet"];
const DASHES = [[], [6, 3], [2, 2], [8, 3, 2, 3]];
const POINTS = ["circle", "rect", "triangle", "rectRot", "crossRot", "star", "rectRounded", "dash"];
const isNarrow = () => innerWidth < 640;

// A variable may be another variable, so ask what a colour comes to where it is used.
function colour(name) {
  const probe = document.createElement("span");
  probe.className = `ink-${name}`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

// Shares read as in the tables.
const inPercent = (value) => `${Math.round(value * 100)} %`;
const shareTicks = (isShare) => (isShare ? { ticks: { callback: inPercent } } : {});

function axis(title, more = {}) {
  return {
    ...more,
    title: { display: Boolean(title), text: title, color: colour("text") },
    ticks: { color: colour("text"), ...more.ticks },
    grid: { color: colour("line") },
    border: { color: colour("line") },
  };
}

// Long names take several lines, so that they are not cut off and leave room for the chart.
function wrapped(text) {
  const width = isNarrow() ? 16 : 34;
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines[lines.length - 1];
    if (last && last.length + word.length + 1 > width) lines.push(word);
    else lines[lines.length - 1] = last ? `${last} ${word}` : word;
  }
  return lines.length > 1 ? lines : lines[0];
}

function inLines(value) {
  return wrapped(this.getLabelForValue(value));
}

const namesAxis = (labels) => axis("", { type: "category", labels, ticks: { autoSkip: false, callback: inLines } });

function intervals({ labels, values, ranges, wanted, axis: title }) {
  const lowest = Math.min(0, ...values, ...ranges.filter(Boolean).map(([low]) => low));
  const text = colour("text");
  const line = colour("disputed");
  return {
    type: "bar",
    height: 110 + (isNarrow() ? 40 : 28) * labels.length,
    data: {
      labels,
      datasets: [
        { type: "scatter", label: "Alpha", data: values.map((x, at) => ({ x, y: labels[at] })), backgroundColor: text, borderColor: text, pointRadius: 5 },
        { label: "95 % interval", data: ranges, backgroundColor: colour("accent"), barThickness: 8, pointStyle: "rect" },
        { type: "line", label: `Wanted: ${wanted.toFixed(2)}`, data: [{ x: wanted, y: labels[0] }, { x: wanted, y: labels[labels.length - 1] }], borderColor: line, backgroundColor: line, borderDash: [6, 4], borderWidth: 2, pointRadius: labels.length > 1 ? 0 : 4, pointStyle: "line" },
      ],
    },
    options: { indexAxis: "y", scales: { x: axis(title, { min: Math.floor(lowest * 10) / 10, max: 1 }), y: namesAxis(labels) } },
  };
}

function bars({ labels, series, axis: title, is_share: isShare }) {
  return {
    type: "bar",
    height: 120 + (14 * series.length + 14) * labels.length,
    data: {
      labels,
      datasets: series.map(({ name, values }, at) => ({ label: name, data: values, backgroundColor: colour(SHADES[at % 3]), borderColor: colour("text"), borderWidth: at, pointStyle: "rect" })),
    },
    options: { indexAxis: "y", scales: { x: axis(title, { min: 0, max: 1, ...shareTicks(isShare) }), y: namesAxis(labels) } },
  };
}

function lines({ labels, series, axis: title, across, is_share: isShare }) {
  return {
    type: "line",
    height: isNarrow() ? 420 : 380,
    data: { labels, datasets: series.map(({ name, values }, at) => {
      const shade = colour(SHADES[at % SHADES.length]);
      return { label: name, data: values, borderColor: shade, backgroundColor: shade, borderDash: DASHES[Math.floor(at / SHADES.length) % 4], pointStyle: POINTS[at % 8], pointRadius: 5, spanGaps: true, borderWidth: 2 };
    }) },
    options: { scales: { x: axis(across), y: axis(title, { min: 0, max: 1, ...shareTicks(isShare) }) } },
  };
}

const MAKERS = { intervals, bars, lines };

function draw(canvas) {
  const chart = figures[canvas.dataset.plot];
  if (!chart?.labels.length) return;
  const { height, options, ...rest } = MAKERS[chart.kind](chart);
  rest.data.datasets = rest.data.datasets.filter(({ data }) => data.some((value) => value !== null));
  if (!rest.data.datasets.length) return;
  canvas.closest("figure").hidden = false;
  canvas.parentElement.style.height = `${height}px`;
  Chart.getChart(canvas)?.destroy();
  const legend = { position: "bottom", labels: { color: colour("text"), usePointStyle: true } };
  new Chart(canvas, { ...rest, options: { animation: false, maintainAspectRatio: false, color: colour("text"), plugins: { legend }, ...options } });
}

function drawAll() {
  document.querySelectorAll("canvas[data-plot]").forEach(draw);
}

// Links to the sections of the page as it was before it had tabs still open the right one.
function openOldLink() {
  const key = location.hash.slice(1);
  const isTab = [...document.querySelectorAll(".tabs a")].some((tab) => tab.getAttribute("href") === `?tab=${key}`);
  if (isTab && !document.getElementById(key)) location.replace(`?tab=${key}`);
}

openOldLink();
Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
Chart.defaults.font.size = 13;
drawAll();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
matchMedia("(max-width: 639px)").addEventListener("change", drawAll);
