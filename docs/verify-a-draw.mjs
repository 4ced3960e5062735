// Replays one draw from its file (see verify-a-draw.md): node verify-a-draw.mjs draw.json
// Prints what it drew and every difference; ends with code 0 if there is none, 1 if there is one.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const draw = JSON.parse(readFileSync(process.argv[2], "utf8"));
const sha256 = (text) => createHash("sha256").update(text, "utf8");
const number = (digits) => (digits === null ? NaN : Buffer.from(digits, "hex").readDoubleBE());
const differences = [];

if (sha256(draw.inputs).digest("hex") !== draw.inputs_hash) differences.push("the inputs do not give the inputs hash");
if (draw.seed === null) throw new Error("The seed is not revealed yet; ask again after the shift has ended.");
if (sha256(draw.seed).digest("hex") !== draw.seed_hash) differences.push("the seed does not give the seed hash");

let counter = 0;
function uniform() {
  const first = sha256(`${draw.seed}:${draw.inputs_hash}:${counter++}`).digest("hex").slice(0, 14);
  return Number(BigInt("0x" + first) >> 3n) / 2 ** 53;
}

const [first, ...lines] = draw.inputs.trimEnd().split("\n").map((line) => JSON.parse(line));
const tenths = (text) => Number((text.includes(".") ? text : text + ".0").replace(".", "")); // C12.3 stands at 123
const TEXTS = ["format", "shift", "shift_date"];
const rules = Object.fromEntries(first.map(([name, value]) =>
  [name, TEXTS.includes(name) || name.startsWith("district: ") ? value : number(value)]));
const boxes = lines.map(([id, beat, harm, eligible, , cap, probability]) => {
  const [, col, row] = id.match(/^C(-?\d+(?:\.\d)?)R(-?\d+(?:\.\d)?)(?:~[a-z2-7]{6})?$/);
  return { id, beat, district: rules[`district: ${beat}`], col: tenths(col), row: tenths(row), harm: number(harm) || 0,
    may: eligible && beat !== null, cap: number(cap), chance: number(probability), probability: number(probability) };
});
if (!["connect draw 1", "connect draw 2"].includes(rules.format)) differences.push(`the form ${rules.format} is not known`);

// Step 2: do the probabilities follow from harms, caps and rules? (docs/verify-a-draw.md)
const sum = (list, of) => list.reduce((total, each) => total + of(each), 0);
const near = (a, b) => Math.abs(a - b) <= 1e-8;

/** Terms min(high, max(low, k * weight)) that sum to total, k found by halving; low to all alike where weights end. */
function level(terms, total) {
  const rising = terms.some(({ weight }) => weight > 0);
  const full = sum(terms, ({ weight, low, high }) => (weight > 0 ? high : low));
  const at = (k) => terms.map(({ weight, low, high }) =>
    full < total && weight > 0 ? high : Math.min(high, Math.max(low, k * (full < total ? 1 : weight))));
  if (full >= total && !rising) return terms.map(({ low }) => low);
  let [below, above] = [0, 1];
  while (sum(at(above), (x) => x) < total && above < 1e300) above *= 4;
  for (let turn = 0; turn < 2000 && below < above; turn++) {
    const middle = (below + above) / 2;
    if (middle === below || middle === above) break;
    if (sum(at(middle), (x) => x) < total) below = middle; else above = middle;
  }
  return at(above);
}

function boxesOfBeats() {
  const names = [...new Set(boxes.filter((box) => box.beat !== null).map((box) => box.beat))].sort();
  if (!rules.boxes_per_shift) {
    return Object.fromEntries(names.map((beat) => [beat, rules[`beat_boxes: ${beat}`] ?? rules.boxes_per_beat]));
  }
  const found = {};
  const totals = Object.keys(rules).filter((name) => name.startsWith("district_boxes: "));
  for (const rule of totals.length ? totals : ["boxes_per_shift"]) {
    const district = rule.split(": ").slice(1).join(": ");
    const own = names.filter((beat) => !totals.length || rules[`district: ${beat}`] === district);
    const terms = own.map((beat) => {
      const mine = boxes.filter((box) => box.may && box.beat === beat);
      const given = rules[`beat_boxes: ${beat}`];
      const most = given ?? rules[`beat_most: ${beat}`] ?? rules.most_per_beat ?? Infinity;
      const high = Math.min(most, sum(mine, (box) => box.cap));
      const wanted = Math.min(given ?? rules.least_per_beat ?? 0, most);
      return { weight: sum(mine, (box) => box.harm), wanted, low: Math.min(wanted, high), high };
    });
    const total = rules[rule], [least, most] = [sum(terms, (term) => term.low), sum(terms, (term) => term.high)];
    const numbers = total >= most ? terms.map((term) => term.high)
      : total === least ? terms.map((term) => term.low)
        : total > least ? level(terms, total)
          : level(terms.map(({ wanted, low }) => ({ weight: wanted, low: 0, high: low })), total);
    own.forEach((beat, place) => { found[beat] = numbers[place]; });
  }
  return found;
}

for (const [beat, asked] of Object.entries(boxesOfBeats())) {
  const mine = boxes.filter((box) => box.may && box.beat === beat);
  const possible = sum(mine, (box) => box.cap), most = Math.max(...mine.map((box) => box.harm), 2.2e-308);
  const terms = mine.map((box) => ({ weight: (box.harm / most) ** rules.focus, high: box.cap,
    low: Math.min((rules.lower_risk_share * asked) / mine.length, box.cap) }));
  for (const term of terms) if (term.weight < 1e-300) term.weight = 0;
  const right = possible <= asked ? terms.map((term) => term.high) : asked > 0 ? level(terms, asked) : terms.map(() => 0);
  const wrong = mine.filter((box, place) => !near(box.probability, right[place]));
  if (wrong.length) differences.push(`the probabilities of beat ${beat} do not follow from its harms (${wrong[0].id})`);
}
for (const box of boxes) {
  if (box.probability > box.cap + 1e-9 || box.cap > rules.cap + 1e-9) differences.push(`${box.id} is above its cap`);
  if (!box.may && box.probability > 0) differences.push(`${box.id} has a chance and may not be drawn`);
}
const selected = boxes.filter((box) => box.probability === 1);

function settle(open) {
  open = [...open];
  while (open.length > 1) {
    const one = Math.floor(uniform() * open.length);
    let other = -1, least = Infinity;
    open.forEach((box, i) => {
      const distance = (box.col - open[one].col) ** 2 + (box.row - open[one].row) ** 2;
      if (i !== one && distance < least) [other, least] = [i, distance];
    });
    const a = open[one].chance, b = open[other].chance, both = a + b;
    let gone;
    if (both < 1) {
      gone = uniform() * both < b ? one : other;
      open[one + other - gone].chance = both;
    } else {
      gone = uniform() * (2 - both) < 1 - b ? one : other;
      selected.push(open[gone]);
      open[one + other - gone].chance = both - 1;
    }
    open.splice(gone, 1);
  }
  return open.filter((last) => {
    if (last.chance >= 1 - 1e-9) selected.push(last);
    return last.chance > 1e-9 && last.chance < 1 - 1e-9;
  });
}

const undecided = boxes.filter((box) => box.probability > 0 && box.probability < 1);

/** Settles the boxes of each group by itself; gives those left over, in the order of the ids. */
function settleGroups(open, group) {
  const names = [...new Set(open.map(group))].filter((name) => name !== undefined).sort();
  const left = new Set(open.filter((box) => group(box) === undefined));
  for (const name of names) settle(open.filter((box) => group(box) === name)).forEach((box) => left.add(box));
  return open.filter((box) => left.has(box));
}

let leftOver = settleGroups(undecided, (box) => box.beat);
leftOver = settleGroups(leftOver, (box) => box.district); // none without districts
for (const last of settle(leftOver)) {
  if (uniform() < last.chance) selected.push(last);
}

const waiting = boxes.filter((box) => box.probability > 0 && !selected.includes(box));
for (const box of waiting) box.ticket = uniform() / box.probability;
waiting.sort((a, b) => a.ticket - b.ticket); // equal tickets stay in the order of the ids
const reserve = {};
for (const box of waiting) (reserve[box.beat] ??= []).push(box.id);

const drawn = selected.map((box) => box.id);
console.log(drawn.join(" "));
if (drawn.join() !== draw.selected.join()) differences.push(`the record says ${draw.selected.join(" ")}`);
for (const beat of new Set([...Object.keys(reserve), ...Object.keys(draw.reserve)])) {
  if ((reserve[beat] ?? []).join() !== (draw.reserve[beat] ?? []).join()) differences.push(`the reserve of ${beat}`);
}
const number_of_draw = Number(draw.draw_id.split(".").pop()); // whoever draws again has seen the outcome before
if (number_of_draw > 1) console.log(`note: draw number ${number_of_draw} of its shift; ask why it was drawn again`);
for (const difference of differences) console.log("differs: " + difference);
process.exit(differences.length ? 1 : 0);
