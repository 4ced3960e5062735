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

const [, ...lines] = draw.inputs.trimEnd().split("\n").map((line) => JSON.parse(line));
const tenths = (text) => Number((text.includes(".") ? text : text + ".0").replace(".", "")); // C12.3 stands at 123
const boxes = lines.map(([id, beat, , , , , probability]) => {
  const [, col, row] = id.match(/^C(-?\d+(?:\.\d)?)R(-?\d+(?:\.\d)?)(?:~[a-z2-7]{6})?$/);
  return { id, beat, col: tenths(col), row: tenths(row), chance: number(probability), probability: number(probability) };
});
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
const beats = [...new Set(undecided.map((box) => box.beat))].sort();
const leftOver = new Set(beats.flatMap((beat) => settle(undecided.filter((box) => box.beat === beat))));
for (const last of settle(boxes.filter((box) => leftOver.has(box)))) {
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
