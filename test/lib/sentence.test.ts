import { expect, it } from "vitest";
import { sentence } from "../../src/lib/sentence.ts";

it.each([
  ["this key is revoked already", "This key is revoked already."],
  ["Look at the disk.", "Look at the disk."],
  ["wait. ", "Wait."],
  ["is it running?", "Is it running?"],
  ["cut off…", "Cut off…"],
  ["to see it, run: df -h /srv", "To see it, run: df -h /srv"],
  ["run: a -b. Once it is fixed, run: b", "Run: a -b. Once it is fixed, run: b"],
  ["run: a -b. Then wait", "Run: a -b. Then wait."],
  ["delete files. How many it has:\ndf -i /srv", "Delete files. How many it has:\ndf -i /srv"],
  ["it has\ntwo lines", "It has\ntwo lines."],
  ["it has run", "It has run."],
  ["", ""],
  [" . ", ""],
])("%j reads %j", (clause, text) => {
  expect(sentence(clause)).toBe(text);
});
