// Shows one run of the page: the keys it is chosen by, its curves among those of its setting, its end.
{
  const [data, explorer, headline] = ["explored-runs", "explorer", "figure-headline"].map(id => document.getElementById(id));
  const study = JSON.parse(data.textContent), all = study.run_id.map((_, run) => run);
  let chosen;

  // Of some runs those with the chosen run's value of a key; where none has it, with the commonest value.
  const alike = (runs, key) => {
    const counts = new Map();
    runs.forEach(run => counts.set(key.of[run], 1 + (counts.get(key.of[run]) || 0)));
    const [commonest] = [...counts].reduce((best, one) => one[1] > best[1] ? one : best);
    const value = counts.has(key.of[chosen]) ? key.of[chosen] : commonest;
    return runs.filter(run => key.of[run] === value);
  };

  const selects = study.keys.map((key, place) => {
    const label = document.createElement("label"), select = document.createElement("select");
    label.append(key.label, select);
    select.addEventListener("change", () => {
      const before = study.keys.slice(0, place).reduce(alike, all);
      const having = before.filter(run => key.of[run] === Number(select.value));
      choose(study.keys.slice(place + 1).reduce(alike, having)[0]);
    });
    return select;
  });
  const fillSelects = () => study.keys.reduce((runs, key, place) => {
    const select = selects[place], values = [...new Set(runs.map(run => key.of[run]))].sort((a, b) => a - b);
    select.replaceChildren(...values.map(value => new Option(key.values[value], value)));
    select.value = key.of[chosen];
    select.parentNode.hidden = !key.always && values.length < 2;
    return alike(runs, key);
  }, all);

  const count = (number, what) => `${number} ${what}${number === 1 ? "" : "s"}`;
  const figure = number => number === null ? "\u2013" : number.toFixed(4);
  const ending = run => {
    if (study.died[run]) {
      const [epoch, update] = study.died[run], cause = study.cause[run];
      return `Died in epoch ${epoch}, after ${count(update, "update")}${cause ? `: ${cause}` : ""}.`;
    }
    const accuracies = study.test_acc[run], outcome = study.outcome[run] === "stalled" ? "Stalled" : "Trained";
    const last = `${figure(accuracies.at(-1))} after ${count(study.epochs[run], "epoch")}`;
    return `${outcome}: test accuracy ${last}, ${figure(accuracies[0])} before training.`;
  };
  const fillTable = () => explorer.querySelector("tbody").replaceChildren(...study.test_acc[chosen].map((accuracy, epoch) => {
    const row = document.createElement("tr");
    for (const words of [epoch, figure(accuracy), figure(study.test_loss[chosen][epoch])]) row.insertCell().textContent = words;
    return row;
  }));

  // Axes: their ticks, and the height of a value from 0 to 1, NaN where it has none.
  const shares = {ticks: [0, 0.2, 0.4, 0.6, 0.8, 1], height: value => value ?? NaN};
  const logarithmic = values => {
    const known = values.filter(value => value > 0), grid = [];
    const [least, most] = [Math.min, Math.max].map(end => known.reduce((a, b) => end(a, b), known[0] ?? 1));
    for (let decade = Math.floor(Math.log10(least)) - 1; decade <= Math.log10(most) + 1; decade++)
      grid.push(...[1, 2, 3, 5].map(part => Number(`${part}e${decade}`)));
    const low = grid.findLast(tick => tick <= least), high = grid.find(tick => tick >= most && tick > low);
    const inside = grid.filter(tick => tick >= low && tick <= high);
    const ticks = inside.length < 10 ? inside : inside.filter(tick => /^[0.]*1/.test(tick));
    return {ticks, height: value => value > 0 ? Math.log(value / low) / Math.log(high / low) : NaN};
  };

  const LEFT = 34, RIGHT = 312, TOP = 24, BOTTOM = 166, MIDDLE = (LEFT + RIGHT) / 2;
  const draw = (svg, title, curves, others, {ticks, height}) => {
    const last = study.epochs[chosen], step = Math.ceil(last / 6);
    const x = epoch => (LEFT + epoch / last * (RIGHT - LEFT)).toFixed(1);
    const y = value => (BOTTOM - height(value) * (BOTTOM - TOP)).toFixed(1);
    const text = (left, top, words, more = 'text-anchor="middle"') => `<text x="${left}" y="${top}" ${more}>${words}</text>`;
    const path = (kind, d) => `<path class="${kind}" d="${d}"/>`;
    const drawn = run => curves[run].map((value, epoch) => [epoch, value])
      .filter(([epoch, value]) => Number.isFinite(height(value)) && !(epoch >= study.died[run]?.[0]));
    const line = run => drawn(run).map(([epoch, value], n) => `${n ? "L" : "M"}${x(epoch)} ${y(value)}`).join("");
    const steps = Array.from({length: Math.floor(last / step) + 1}, (_, n) => n * step);
    const parts = [
      text(LEFT, 12, title, 'class="title"'),
      ...ticks.map(tick => path("grid", `M${LEFT} ${y(tick)}H${RIGHT}`) + text(LEFT - 5, y(tick), tick, 'dy=".35em" text-anchor="end"')),
      ...steps.map(epoch => text(x(epoch), BOTTOM + 15, epoch)),
      text(MIDDLE, BOTTOM + 30, "epochs completed"),
      path("others", others.map(line).join("")),
      path("own", line(chosen)),
    ];
    const end = drawn(chosen).at(-1);
    if (study.died[chosen] && end) {
      const from = `${x(end[0])} ${y(end[1])}`, to = x(study.died[chosen][2]);
      parts.push(path("last", `M${from}H${to}`), path("death", `M${to} ${y(end[1])}m-4 -4l8 8m0 -8l-8 8`));
    }
    svg.innerHTML = parts.join("");  // of numbers and words of this script alone
  };

  const show = run => {
    chosen = run;
    fillSelects();
    fillTable();
    const setting = study.keys.filter(key => !key.chance).reduce(alike, all);
    const others = setting.filter(one => one !== run), died = others.filter(one => study.died[one]).length;
    const [accuracy, loss] = explorer.querySelectorAll("svg");
    draw(accuracy, "test accuracy", study.test_acc, others, shares);
    draw(loss, "test loss", study.test_loss, others, logarithmic(setting.flatMap(one => study.test_loss[one])));
    const texts = {
      ending: ending(run),
      sentence: study.sentence[run] || "",
      note: `Grey: ${count(others.length, "other run")} of this setting, whatever their seed and order; ${died || "none"} died.`
        + (study.died[run] ? " Once its parameters are nan, the model always predicts class 0." : ""),
      run_id: study.run_id[run],
      rerun: `lrstudy rerun=${study.run_id[run]}`,
      command: study.command[run],
    };
    for (const [name, words] of Object.entries(texts)) explorer.querySelector(`[data-shows=${name}]`).textContent = words;
  };

  // The dots of the headline figure, drawn for a laptop and for a phone, with their runs.
  const dots = Object.entries(study.dots).flatMap(([group, runs]) => [...headline.querySelectorAll(`[id$="-${group}"]`)]
    .flatMap(drawn => [...drawn.querySelectorAll("use")].map((dot, place) => [dot, runs[place]])));
  const address = run => `#run-${encodeURIComponent(study.run_id[run])}`;
  const choose = run => {
    show(run);
    history.replaceState(null, "", address(run));
    document.querySelectorAll(".ring").forEach(ring => ring.remove());
    for (const [dot] of dots.filter(([, one]) => one === run))
      dot.insertAdjacentHTML("afterend", `<circle class="ring" cx="${dot.getAttribute("x")}" cy="${dot.getAttribute("y")}" r="5"/>`);
  };
  const follow = () => {
    const run = all.find(one => address(one) === location.hash);
    if (run === undefined) return;
    choose(run);
    explorer.scrollIntoView();
    explorer.querySelector("h2").focus({preventScroll: true});
  };
  const REACH = 16;  // CSS pixels: a finger is wider than a dot
  headline?.addEventListener("click", event => {
    const near = dots.map(([dot, run]) => [dot.getBoundingClientRect(), run]).filter(([box]) => box.width)
      .map(([box, run]) => [Math.hypot(box.x + box.width / 2 - event.clientX, box.y + box.height / 2 - event.clientY), run])
      .reduce((best, one) => one[0] < best[0] ? one : best, [REACH]);
    if (near.length < 2) return;
    location.hash = address(near[1]);
    follow();
  });

  explorer.querySelector(".choices").append(...selects.map(select => select.parentNode));
  const drawn = new Set(dots.map(([, run]) => run));
  show(study.keys.reduce(alike, drawn.size ? all.filter(run => drawn.has(run)) : all)[0]);
  document.querySelectorAll(".with-script").forEach(one => one.hidden = false);
  window.addEventListener("hashchange", follow);
  follow();
}
