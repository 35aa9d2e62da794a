// Your numbers: works the money of this page out again from the draws that the page carries. The arithmetic is that of
// workbench.economics.evaluate, step by step; every price, rate, threshold, word and rule of rounding comes with the page as data.
(function () {
  "use strict";
  const at = (id) => document.getElementById(id), carried = (id) => at(id).content.textContent;
  const pool = new Float32Array(Uint8Array.from(atob(carried("panel-arrays")), (letter) => letter.charCodeAt(0)).buffer);
  const data = JSON.parse(carried("panel-data"), (_, kept) => kept && kept.size ? pool.subarray(kept.start, kept.start + kept.size) : kept);
  const n = data.count, code = data.codes, panel = at("panel"), form = at("panel-form"), fields = form.elements;
  // Arrays with one entry a draw; what does not vary is one number
  const each = (make) => { const out = new Float64Array(n); for (let i = 0; i < n; i++) out[i] = make(i); return out; };
  const of = (kept, i) => typeof kept === "number" ? kept : kept[i];
  const total = (numbers) => { let sum = 0; for (let i = 0; i < numbers.length; i++) sum += numbers[i]; return sum; };
  const mean = (draws) => total(draws) / n, above = (draws) => draws.filter((x) => x > 0).length / n;
  const added = (lists) => each((i) => lists.reduce((sum, draws) => sum + draws[i], 0));
  const expit = (x) => 1 / (1 + Math.exp(-x)), logit = (p) => Math.log(p / (1 - p));
  function amount(draws) {
    const sorted = draws.slice().sort(), middle = mean(draws);
    const [low, median, high] = [data.levels[0], 0.5, data.levels[1]].map((level) => {
      const place = (n - 1) * level, i = Math.floor(place);
      return sorted[i] + (place - i) * (sorted[Math.min(i + 1, n - 1)] - sorted[i]);
    });
    const near = (x) => Math.min(x - low, high - x), side = (x) => high > low ? (near(x) > 0 ? near(x) : (high - low) / 2) : null;
    return { draws, mean: middle, median, low, high, side: side(middle), median_side: side(median) };
  }
  function crossing(value, low, high) {
    const up = value(high) > 0;
    if ((value(low) > 0) === up) return null;
    for (let x = (low + high) / 2; x !== low && x !== high; x = (low + high) / 2) if ((value(x) > 0) === up) high = x; else low = x;
    return high;
  }
  // A line's money: present value by draw, mean by year, and years by draw, each times its factor
  function worth(line, draws, fading, factors) {
    const yearly = factors.map(() => 0), row = factors.map(() => 0), onset = line.onset_years || 1, discounted = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      for (let y = 0, running = 0; y < row.length; y++) {
        const since = y - (line.delay || 0), within = line.years === null ? Number(since === 0) : Math.min(of(line.years, i) - since, 1);
        row[y] = since < 0 ? 0 : Math.max(within, 0);
        if (line.lost && row[y]) row[y] *= Math.exp(Math.log1p(-of(line.lost, i)) * Math.min((y + 0.5) / line.lost_years, 1));
        running = onset === 1 ? row[y] : running + row[y] - (y < onset ? 0 : row[y - onset]);
        discounted[i] += running / onset * fading[y] * factors[y];
        yearly[y] += draws[i] * running / onset * fading[y] / n;
      }
    }
    return { present: each((i) => draws[i] * discounted[i]), yearly, discounted };
  }
  function benefit(line, c, gain, fading, factors) {
    const units = (line.per_child ? c.children_per_family : 1) * (line.controlled ? 1 : 1 - c.deadweight);
    const draws = each((i) => units * of(line.value, i) * (line.construct === null ? 1 : gain[line.construct][i]));
    const split = [[code.cashable, (i) => of(line.cashable, i)], [code.avoided, (i) => 1 - of(line.cashable, i)]];
    const parts = (line.cashable === null ? [[line.cash_class, () => 1]] : split).map(([name, share]) =>
      ({ name, ...worth(line, each((i) => draws[i] * share(i)), fading, factors[line.discount]) }));
    return { ...line, parts, slope: each((i) => units * of(line.value, i) * parts[0].discounted[i]) };
  }
  // Where the payer bears a share, others pay the rest: that is in no budget of this page
  function costs(kernel, c, area, factors) {
    const holder = kernel.budget_holders[0] || code.not_stated, lines = [], flows = [], steady = factors.map(() => 1);
    const own = (value, also) => lines.push({ payer: holder, value, years: null, societal: true, budget: true, ...also });
    if (c.cost_per_family === null) lines.push(...kernel.costs); else own(c.cost_per_family);
    if (area > 0) own(area / (c.families * c.take_up));
    if (c.support_cost > 0 && c.support_years > 0) own(c.support_cost, { years: c.support_years, delay: 1 });
    for (const line of lines) {
      const { present, yearly } = worth(line, each((i) => (1 + c.optimism_bias) * of(line.value, i)), steady, factors);
      const part = (share) => [{ name: code.cost, present: present.map((x) => share * x), yearly: yearly.map((x) => share * x) }];
      const shared = c.payer_share !== 1 && line.budget && line.payer === holder;
      flows.push({ ...line, discount: 0, budget: line.budget && !shared, parts: part(1) });
      if (shared) flows.push({ payer: holder, discount: 0, societal: false, budget: true, parts: part(c.payer_share) });
    }
    return flows;
  }
  function evaluate(kernel, c) {
    const years = Array.from({ length: c.horizon }, (_, y) => y), base = {}, gain = {};
    const rate = (bands, y) => bands.filter((band) => band[0] <= y).pop()[1];
    const factors = data.schedules[c.schedule].map((bands) => { let f = 1; return years.map((y) => f *= 1 / (1 + rate(bands, y))); });
    const fading = years.map((y) => c.half_life === null ? 1 : Math.pow(0.5, (y + 0.5) / c.half_life));
    for (const name in kernel.theta) {
      const own = c.baseline_risk[name];
      base[name] = each((i) => own === null ? of(kernel.logit_p0[name], i) : logit(own));
      gain[name] = each((i) => expit(base[name][i] + of(kernel.theta[name], i)) - expit(base[name][i]));
    }
    const area = c.set_up_cost / c.set_up_years + c.training_cost * (1 / c.set_up_years + c.staff_turnover) + c.supervision_cost;
    const driven = kernel.benefits.map((line) => benefit(line, c, gain, fading, factors)), offered = c.families * c.take_up;
    const lines = [...driven, ...costs(kernel, c, area, factors[0])];
    const every = lines.flatMap(({ parts, ...line }) => parts.map((part) => ({ ...line, ...part })));
    const society = every.filter((part) => part.societal), budget = every.filter((part) => part.budget);
    const isCost = (part) => part.name === code.cost, isBenefit = (part) => !isCost(part);
    const summed = (found) => found.length ? amount(added(found.map((part) => part.present))) : null;
    const spent = budget.filter(isCost), payers = spent.map((part) => part.payer);
    const cash = budget.filter((part) => part.name === code.cashable && payers.includes(part.payer));
    const r = { ...c, risk: {}, chance: {}, break_even: {}, budget_cost: summed(spent), cost: summed(society.filter(isCost)),
      benefit: summed(society.filter(isBenefit)), cashable: payers.length ? summed(cash) || amount(each(() => 0)) : null };
    r.apart = r.cost && r.budget_cost && r.cost.mean !== r.budget_cost.mean ? 1 : null;
    const ever = (found) => offered * total(found.map((part) => total(part.yearly)));
    const overall = (found, by) => found.length ? { all: ever(found), side: offered * by.side } : null;
    Object.assign(r, { spent: overall(spent, r.budget_cost), cash: overall(cash, r.cashable) });
    r.benefit_by = data.benefit_by.map((key) => summed(society.filter((part) => part.payer === key[0] && part.name === key[1])));
    r.yardsticks = r.cost && kernel.yardsticks.map((line) => {
      const against = amount(each((i) => of(line.unit_value || line.effect, i))), ratio = r.cost.mean / against.mean;
      const spread = line.unit_value || against.low > 0 ? amount(each((i) => r.cost.draws[i] / against.draws[i])) : null;
      return line.unit_value || against.mean > 0 ? { against, ratio, per_hundred: data.hundred * ratio, spread } : null;
    });
    for (const name in data.effects) likely(r, c, kernel, base[name], name);
    if (!r.cost || !r.benefit) return r;
    const npv = each((i) => r.benefit.draws[i] - r.cost.draws[i]), middle = mean(npv);
    const own = r.cashable && r.budget_cost && each((i) => r.cashable.draws[i] - r.budget_cost.draws[i]);
    Object.assign(r, { npv: amount(npv), total_npv: amount(npv.map((x) => offered * x)), p_npv: above(npv), p_not: 1 - above(npv),
      budget_npv: own && amount(own), p_cashable: own && above(own), bcr: r.cost.mean > 0 ? r.benefit.mean / r.cost.mean : null });
    const flow = (y) => (part) => (isCost(part) ? -1 : 1) * part.yearly[y] * factors[part.discount][y];
    const net = years.map((y) => total(society.map(flow(y)))), covered = net.map((_, y) => total(net.slice(0, y + 1)) >= 0);
    r.payback_year = covered[years.length - 1] ? covered.lastIndexOf(false) + 1 : null;
    for (const name in base) {
      const slope = added(driven.filter((line) => line.construct === name && line.societal).map((line) => line.slope));
      const change = (x) => each((i) => expit(base[name][i] + x) - expit(base[name][i]));
      const rest = mean(npv.map((x, i) => x - slope[i] * gain[name][i]));
      const theta = crossing((x) => rest + mean(change(x).map((moved, i) => slope[i] * moved)), -data.widest, data.widest);
      if (theta !== null) r.break_even[name] = { odds_ratio: Math.exp(theta), per_hundred: data.hundred * mean(change(theta)) };
    }
    const fixed = (1 + c.optimism_bias) * area / offered, needed = c.take_up * fixed / (middle + fixed);
    r.break_even_take_up = area > 0 && middle + fixed > 0 && needed <= 1 ? needed : null;
    return r;
  }
  // Risks with and without the programme, and the chances that the effect is worth having at this risk
  function likely(r, c, kernel, base, name) {
    const { grid, stops } = data.effects[name], own = c.baseline_risk[name], k = Math.round((own - grid[0]) / grid[1]);
    const found = stops[c.prior], [better, worse] = own === null ? found.chances : [of(found.better, k), of(found.worse, k)];
    const ordered = [worse, Math.max(0, 1 - better - worse), better], best = Math.max(...ordered);
    const without = amount(base.map(expit)), treated = amount(each((i) => expit(base[i] + of(kernel.theta[name], i))));
    r.risk[name] = { without, treated, rarest: Math.min(without.median, treated.median, 1 - without.median, 1 - treated.median) };
    r.chance[name] = { worse, within: ordered[1], better, edge: better + ordered[1], best, claim: ordered.indexOf(best) };
  }

  // Numbers and sentences, by the rules that the page carries
  const shift = (x, by) => { const [digits, own] = String(x).split("e"); return Number(`${digits}e${Number(own || 0) + by}`); };
  const power = (x) => Number(Math.abs(x).toExponential().split("e")[1]);
  const find = (from, path) => path.split("/").reduce((place, key) => place === null || place === undefined ? null : place[key], from);
  function show(value, style, side) {
    const f = data.formats[style], x = value * (f.times || 1);
    if (f.words) return f.words.filter((word) => word[0] <= value).pop()[1];
    const sure = f.sure && (value === 0 || value > 1 - f.sure);
    if (f.edge && !sure && (value < f.edge || value >= 1 - f.edge)) return value < f.edge ? f.least : f.most;
    const fine = side ? power(side) - 1 : f.digits ? Math.min(0, power(x) + 1 - f.digits) : f.exponent;
    const exponent = side || f.digits ? Math.max(fine, f.floor) : fine, whole = Math.round(shift(Math.abs(x), -exponent));
    const [front, back = ""] = shift(whole, exponent).toFixed(Math.max(0, -exponent)).split(".");
    const grouped = f.plain ? front : front.replace(/\B(?=(\d{3})+$)/g, f.comma), tail = f.digits && !side ? back.replace(/0+$/, "") : back;
    return (x < 0 && whole > 0 ? f.minus : "") + f.prefix + grouped + (tail && f.point + tail) + f.suffix;
  }
  const number = (r, [path, style, side]) => show(find(r, path), style, side && find(r, side));
  const pieces = (text, r) => text.split(/[\u0002\u0003]/).map((part, k) => k % 2 ? number(r, part.split(/[:@]/)) : part);
  const inside = (x, low, high) => x !== null && x !== undefined && (low === null || x >= low) && (high === null || x < high);
  const equal = (pair, r) => !pair || pieces(pair[0], r).join("") === pieces(pair[1], r).join("");
  const holds = (item, r) => item.if.every(([path, low, high]) => inside(find(r, path), low, high)) && equal(item.same, r);
  const tag = (name, inner) => { const made = document.createElement(name); made.append(...inner); return made; };
  const spans = (text, r) => pieces(text, r).map((part, k) => k % 2 ? tag("span", [part]) : part);
  const nodes = (text, r) => text.split(data.mark).flatMap((part, k) => k % 2 ? [tag("strong", spans(part, r))] : spans(part, r));

  // The form
  const names = Object.keys(data.start), places = data.outputs.map((output) => document.querySelector(output.at));
  const before = data.outputs.map(({ set }, k) => set ? places[k].getAttribute(set) : [...places[k].childNodes]);
  const typed = ({ text, shift: by, value }, now) => now === text ? value : now === "" ? null : by === null ? now : shift(Number(now), -by);
  const setting = (name) => typed(data.start[name], fields[name].value);
  function update() {
    fields.horizon.max = data.reach[fields.schedule.value];
    const c = { ...data.fixed, baseline_risk: {} }, wrong = form.querySelector("input:invalid");
    const moved = names.filter((name) => fields[name].value !== data.start[name].text);
    at("panel-problem").textContent = wrong ? `${wrong.labels[0].textContent}: ${wrong.validationMessage}` : "";
    if (wrong) return;
    for (const name of names) { const [stem, key] = name.split(/\.(.*)/); (key ? c[stem] : c)[key || stem] = setting(name); }
    const r = panel.result = evaluate(data.kernels[c.prior], { ...c, stop: data.stops.indexOf(c.prior) });
    data.outputs.forEach((output, k) => {
      const item = output.cases.find((one) => holds(one, r)), kept = output.page && !moved.some((name) => output.page.includes(name));
      const row = places[k].closest("[data-row]");
      if (row) row.hidden = !item;
      if (output.set) places[k].setAttribute(output.set, kept ? before[k] : pieces(item.text, r).join(""));
      else places[k].replaceChildren(...(kept ? before[k] : item ? nodes(item.text, r) : []));
    });
    const set = moved.map((name) => [name, setting(name)]), all = new Map([...data.command.own, ...set.filter((pair) => pair[1] !== null)]);
    at("panel-line").value = set.map(([name, value]) => `${name}=${value === null ? "" : value}`).join(" ");
    at("panel-command").textContent = data.command.start + [...all].map(([name, value]) => ` -p ${name}=${value}`).join("");
  }
  let waiting;
  const follow = (slider) => { slider.value = fields[slider.dataset.for].value || slider.defaultValue; };
  const now = () => { clearTimeout(waiting); form.querySelectorAll("[data-for]").forEach(follow); update(); };
  form.addEventListener("input", ({ target }) => {
    if (target.id === "panel-line") return;
    if (target.dataset.for) fields[target.dataset.for].value = target.value;
    clearTimeout(waiting);
    waiting = setTimeout(now, data.wait);
  });
  form.addEventListener("change", ({ target }) => {
    const pairs = target.id === "panel-line" ? target.value.matchAll(/(\S+?)=(\S*)/g) : [];
    for (const [, name, set] of pairs) if (data.start[name]) {
      fields[name].value = set === "" || data.start[name].shift === null ? set : shift(Number(set), data.start[name].shift);
    }
    now();
  });
  form.addEventListener("reset", () => setTimeout(now));
  const copy = () => { at("panel-line").select(); at("panel-copied").hidden = !document.execCommand("copy"); };
  at("panel-copy").addEventListener("click", copy);
  [at("panel-off").hidden, form.hidden] = [true, false];
  now();
})();
