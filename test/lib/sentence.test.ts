import { expect, it } from "vitest";
import { sentence } from "../../src/lib/sentence.ts";

it.each([
  ["this key is revoked already", "This key is revoked already."],
  ["Look at the disk.", "Look at the disk."],
  ["wait. ", "Wait."],
  ["is it running?", "Is it running?"],
  ["cut off…", "Cut off…"],
  ["", ""],
  [" . ", ""],
])("%j reads %j", (clause, text) => {
  expect(sentence(clause)).toBe(text);
});
