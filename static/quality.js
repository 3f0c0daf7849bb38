// The plots of the quality page, from the numbers that its tables show. Without this script the tables are all there is.
"use strict";

const figures = JSON.parse(document.getElementById("figures").textContent);
const DASHES = [[], [6, 3], [2, 2], [8, 3, 2, 3]];
const POINTS = ["circle", "rect", "triangle", "rectRot", "crossRot", "star", "rectRounded", "dash"];

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function axis(more) {
  return { ticks: { color: colour("text") }, grid: { color: colour("line") }, ...more };
}

// "Prompt: People with models" needs two lines on a narrow screen.
function inLines(value) {
  const label = this.getLabelForValue(value);
  return this.chart.width < 600 ? label.split(": ") : label;
}

function intervals({ labels, values, ranges }) {
  const lowest = Math.min(0, ...values, ...ranges.filter(Boolean).map(([low]) => low));
  return {
    type: "bar",
    height: 60 + (innerWidth < 640 ? 32 : 22) * labels.length,
    data: {
      labels,
      datasets: [
        { type: "scatter", label: "alpha", data: values.map((x, at) => ({ x, y: labels[at] })), backgroundColor: colour("text"), borderColor: colour("text"), pointRadius: 4 },
        { label: "95 % interval", data: ranges, backgroundColor: colour("accent"), barThickness: 6 },
      ],
    },
    options: { indexAxis: "y", scales: { x: axis({ min: Math.floor(lowest * 10) / 10, max: 1 }), y: axis({ type: "category", labels, ticks: { color: colour("text"), autoSkip: false, callback: inLines } }) } },
  };
}

function bars({ labels, series }) {
  const shades = ["accent", "disputed", "decided"];
  return {
    type: "bar",
    height: 90 + 14 * labels.length * series.length,
    data: { labels, datasets: series.map(({ name, values }, at) => ({ label: name, data: values, backgroundColor: colour(shades[at % 3]), borderColor: colour("text"), borderWidth: at })) },
    options: { indexAxis: "y", scales: { x: axis({ min: 0, max: 1 }), y: axis({ ticks: { color: colour("text"), autoSkip: false } }) } },
  };
}

function lines(labels, series) {
  const shades = ["accent", "disputed", "decided", "quiet"];
  return {
    type: "line",
    height: 300,
    data: { labels, datasets: series.map(({ name, values }, at) => {
      const shade = colour(shades[at % shades.length]);
      return { label: name, data: values, borderColor: shade, backgroundColor: shade, borderDash: DASHES[Math.floor(at / shades.length) % 4], pointStyle: POINTS[at % 8], pointRadius: 5, spanGaps: true, borderWidth: 2 };
    }) },
    options: { scales: { x: axis(), y: axis({ min: 0, max: 1 }) } },
  };
}

const MAKERS = {
  alpha: () => intervals(figures.alpha),
  categories: () => intervals(figures.categories),
  scores: (of) => bars(figures.scores[of]),
  shares: (of) => bars(figures.shares[of]),
  agrees: (of) => lines(figures.drift[of].labels, figures.drift[of].agrees),
  unsafe: (of) => lines(figures.drift[of].labels, figures.drift[of].unsafe),
};

function draw(canvas) {
  const { height, options, ...rest } = MAKERS[canvas.dataset.plot](canvas.dataset.of);
  if (!rest.data.datasets.some(({ data }) => data.some((value) => value !== null))) return;
  canvas.closest("figure").hidden = false;
  canvas.parentElement.style.height = `${height}px`;
  Chart.getChart(canvas)?.destroy();
  const common = { animation: false, maintainAspectRatio: false, color: colour("text"), plugins: { legend: { position: "bottom", labels: { color: colour("text"), usePointStyle: true } } } };
  new Chart(canvas, { ...rest, options: { ...common, ...options } });
}

function drawAll() {
  document.querySelectorAll("canvas[data-plot]").forEach(draw);
}

drawAll();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
