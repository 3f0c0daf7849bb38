// The plot of votes and ballots a day. Without this script the table has all its numbers.
"use strict";

const figures = JSON.parse(document.getElementById("activity-figures").textContent);
const place = document.querySelector(".activity-plot");
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

function draw() {
  const canvas = place.querySelector("canvas");
  place.hidden = false;
  Chart.getChart(canvas)?.destroy();
  const bars = (label, data, shade) => ({ label, data, backgroundColor: colour(shade) });
  const axis = (title, more) => ({ title: { display: true, text: title, color: colour("quiet") }, ticks: { color: colour("text"), precision: 0 }, grid: { color: colour("line") }, ...more });
  new Chart(canvas, {
    type: "bar",
    data: { labels: figures.labels, datasets: [bars("Votes of people", figures.votes, "settled"), bars("Ballots of models", figures.ballots, "disputed")] },
    options: {
      animation: false, maintainAspectRatio: false,
      scales: { x: axis("day", { grid: { display: false } }), y: axis("cast", { beginAtZero: true }) },
      plugins: { legend: { position: "bottom", labels: { color: colour("text") } } },
    },
  });
}

draw();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
