import { expect, it } from "vitest";
import { capitalized, sentence } from "../../src/lib/sentence.ts";

it.each([
  ["this key is revoked already", "This key is revoked already."],
  ["Look at the disk.", "Look at the disk."],
  ["wait. ", "Wait."],
  ["is it running?", "Is it running?"],
  ["cut off…", "Cut off…"],
  ["to see it, run: df -h /srv", "To see it, run: df -h /srv"],
  ["run: a -b. Once it is fixed, run: b", "Run: a -b. Once it is fixed, run: b"],
  ["run: a -b. Then wait", "Run: a -b. Then wait."],
  [
    "delete files. To see them, run:\ndu -x /srv | tail -5",
    "Delete files. To see them, run:\ndu -x /srv | tail -5",
  ],
  ["it has\ntwo lines", "It has\ntwo lines."],
  ["it has run", "It has run."],
  ["control_plane.ca_file (a.toml line 2) lacks it", "control_plane.ca_file (a.toml line 2) lacks it."],
  ["agent.name, which is long.", "agent.name, which is long."],
  ["cp.example.com:8443 is silent", "cp.example.com:8443 is silent."],
  ["key_file: it is empty", "key_file: it is empty."],
  ["novacula-agent has ended", "novacula-agent has ended."],
  ["systemctl is missing", "systemctl is missing."],
  ["url=x is wrong", "url=x is wrong."],
  ["systems differ", "Systems differ."],
  ["replace it: it is old", "Replace it: it is old."],
  ["it...", "It."],
  ["wait; then look", "Wait; then look."],
  ["", ""],
  [" . ", ""],
])("%j reads %j", (clause, text) => {
  expect(sentence(clause)).toBe(text);
});

it("a clause with a capital keeps its end", () => {
  expect(capitalized("first remove a.txt: it is old. Then wait")).toBe(
    "First remove a.txt: it is old. Then wait",
  );
  expect(capitalized("nodes.dir is full")).toBe("nodes.dir is full");
});
